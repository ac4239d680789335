"""Builds the packaged family tree from pinned Unicode CLDR data: which languages belong to which branch.

python tools/lexicon/families.py [--out FILE] [--cache DIR]   write the file
python tools/lexicon/families.py --check [--cache DIR]        build it and compare, byte by byte
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "demo"))
from packages import VERSION, fetch

SHIPPED = Path(__file__).resolve().parents[2] / "src" / "hyperpolyglot" / "lexicon" / "families.tsv"
CACHE = Path.home() / ".cache" / "hyperpolyglot-demo"

NOT_FAMILIES = frozenset(["aus", "cai", "cau", "khi", "mul", "nai", "nic", "paa", "sai", "sgn", "ssa", "tut"])
"""Groups of ISO 639-5 that are regions or disputed: what is under them is a family of its own."""

MIXED = frozenset(["art", "cpe", "cpf", "cpp", "crp"])
"""Constructed and creole languages: what is under them has no place in a tree of descent."""

CORRECTED = {
    "ast": "roa",
    "ewo": "bnt",
    "hbs": "zls",
    "kxv": "dra",
    "mt": "sem",
    "pl": "zlw",
    "rn": "bnt",
    "rw": "bnt",
    "sh": "zls",
    "sq": "sqj",
    "sqj": "ine",
    "tzm": "ber",
}
"""Branches by ISO 639-5 of languages that CLDR leaves out, names by another code, or places one branch too high."""

NAMES = {
    "aav": "Austroasiatic",
    "afa": "Afro-Asiatic",
    "alg": "Algonquian",
    "alv": "Atlantic-Congo",
    "apa": "Apache",
    "aqa": "Alacalufan",
    "aql": "Algic",
    "ath": "Athapaskan",
    "auf": "Arauan",
    "awd": "Arawakan",
    "azc": "Uto-Aztecan",
    "bad": "Banda",
    "bai": "Bamileke",
    "bat": "Baltic",
    "ber": "Berber",
    "bnt": "Bantu",
    "btk": "Batak",
    "cba": "Chibchan",
    "ccn": "North Caucasian",
    "ccs": "South Caucasian",
    "cdc": "Chadic",
    "cdd": "Caddoan",
    "cel": "Celtic",
    "cmc": "Chamic",
    "cr": "Cree",
    "csu": "Central Sudanic",
    "cus": "Cushitic",
    "day": "Land Dayak",
    "dmn": "Mande",
    "dra": "Dravidian",
    "egx": "Egyptian",
    "esx": "Eskimo-Aleut",
    "euq": "Basque",
    "fiu": "Finno-Ugrian",
    "fox": "Formosan",
    "gem": "Germanic",
    "gme": "East Germanic",
    "gmq": "North Germanic",
    "gmw": "West Germanic",
    "grk": "Greek",
    "hmx": "Hmong-Mien",
    "hok": "Hokan",
    "iir": "Indo-Iranian",
    "ijo": "Ijo",
    "inc": "Indic",
    "ine": "Indo-European",
    "ira": "Iranian",
    "iro": "Iroquoian",
    "itc": "Italic",
    "jpx": "Japanese",
    "kar": "Karen",
    "kdo": "Kordofanian",
    "kro": "Kru",
    "map": "Austronesian",
    "mkh": "Mon-Khmer",
    "mno": "Manobo",
    "mun": "Munda",
    "myn": "Mayan",
    "nah": "Nahuatl",
    "ngb": "Ngbandi",
    "ngf": "Trans-New Guinea",
    "nub": "Nubian",
    "omq": "Oto-Manguean",
    "omv": "Omotic",
    "oto": "Otomian",
    "phi": "Philippine",
    "plf": "Central Malayo-Polynesian",
    "poz": "Malayo-Polynesian",
    "pqe": "Eastern Malayo-Polynesian",
    "pqw": "Western Malayo-Polynesian",
    "qwe": "Quechuan",
    "roa": "Romance",
    "sal": "Salishan",
    "sdv": "Eastern Sudanic",
    "sem": "Semitic",
    "sio": "Siouan",
    "sit": "Sino-Tibetan",
    "sla": "Slavic",
    "smi": "Sami",
    "son": "Songhai",
    "sqj": "Albanian",
    "sw": "Swahili",
    "syd": "Samoyedic",
    "tai": "Tai",
    "tbq": "Tibeto-Burman",
    "trk": "Turkic",
    "tup": "Tupi",
    "tuw": "Tungusic",
    "urj": "Uralic",
    "wak": "Wakashan",
    "wen": "Sorbian",
    "xgn": "Mongolian",
    "xnd": "Na-Dene",
    "ypk": "Yupik",
    "zhx": "Chinese",
    "zle": "East Slavic",
    "zls": "South Slavic",
    "zlw": "West Slavic",
    "znd": "Zande",
}
"""English names of the groups by ISO 639-5, without "languages"."""


def parents(cache: Path) -> dict[str, str]:
    """The group that every language and every group belongs to; of several, the first by its code."""
    with tarfile.open(cache / f"cldr-core-{VERSION}.tgz") as archive:
        stream = archive.extractfile("package/supplemental/languageGroups.json")
        if stream is None:
            raise ValueError("languageGroups.json is not a file")
        groups: dict[str, str] = json.load(stream)["supplemental"]["languageGroups"]
    found: dict[str, str] = {}
    for group, members in sorted(groups.items()):
        for member in members.split():
            found.setdefault(member, group)
    return found | CORRECTED


def placed(of: dict[str, str]) -> dict[str, list[str]]:
    """The members of every group that is a family or a branch of one; ``""`` has those without relatives."""
    found: dict[str, list[str]] = {}
    for member, group in sorted(of.items()):
        above = [group]
        while above[-1] in of:
            above.append(of[above[-1]])
        if member in NOT_FAMILIES | MIXED or MIXED & {*above}:
            continue
        if group in NOT_FAMILIES:
            if member not in {*NAMES, "und"} and group == "mul":
                found.setdefault("", []).append(member)
            continue
        found.setdefault(group, []).append(member)
    return found


def written(groups: dict[str, list[str]]) -> str:
    """A line for every group: its code, its name, its members."""
    return "".join(
        f"{group}\t{NAMES.get(group, '')}\t{' '.join(groups[group])}\n" for group in sorted(groups)
    )


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--check", action="store_true", help="compare with the shipped file")
    given = parser.parse_args()
    fetch(given.cache)
    text = written(placed(parents(given.cache)))
    if given.check:
        same = text == SHIPPED.read_text("utf8")
        print("the same" if same else "differs", file=sys.stderr)
        return 0 if same else 1
    given.out.write_text(text, "utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
