"""Runs that were tracked along their checkpoints, or models by their size."""

from __future__ import annotations

from itertools import groupby

from hyperpolyglot import figures
from hyperpolyglot.figures.checkpoints import MEASURES_SHOWN, label_called, moved_labels
from hyperpolyglot.lexicon.names import language_name
from hyperpolyglot.measures.track import Track
from hyperpolyglot.measures.track.moved import LEVEL, HalfLife
from hyperpolyglot.measures.track.trends import Trend
from hyperpolyglot.measures.track.words import WordStep
from hyperpolyglot.report.content import Chip, Example, Grid, Picture, Section, picture
from hyperpolyglot.report.wording import DASH, capital, joined, number, percent, probability, span
from hyperpolyglot.shown import shown
from hyperpolyglot.sources import spread, title_of
from hyperpolyglot.study import Absent, Study
from hyperpolyglot.writing.scripts import script_name

__all__ = ["readings", "track_sections"]

_NAMES = {
    "separability": "linear separability",
    "diversity": "the number of labels among neighbours",
    "own_share": "the own-label share",
    "translation": "translation (P@1)",
    "same_spelling": "near-identical spelling (P@1)",
    "isotropy": "isotropy (IsoScore)",
    "norm": "the mean norm",
    "undertrained": "the under-trained share",
    "overlap_last": "the overlap with the last step’s neighbours",
    "cka_last": "CKA with the last step",
    "rsa_last": "RSA with the last step",
    "rotation_last": "the Procrustes cosine with the last step",
}
_BY_LABEL = ("translation", "overlap_last")
_STEPS_OF_A_WORD, _MOST_ROWS, _MOST_NAMED = 6, 800, 4


def track_sections(study: Study) -> list[Section]:
    """A section for each run; none where none was tracked."""
    return [
        _section("track" if i == 0 else f"track-{i + 1}", name, run)
        for i, (name, run) in enumerate(study.tracks.items())
    ]


def _section(key: str, name: str, run: Track | Absent) -> Section:
    called = title_of(name)
    if isinstance(run, Absent):
        return Section(key=key, title=called, question="", missing=(run.reason,))
    along = run.options.by == "training"
    return Section(
        key=key,
        title=f"Checkpoints of {called}" if along else f"Size of {called}",
        question=f"The measures of this report at {len(run.steps)} checkpoints, on the same tokens: what changes "
        "first, and for which script and language."
        if along
        else f"The measures of this report on {len(run.steps)} models, by {run.options.axis}.",
        reading=readings(called, run),
        pictures=tuple(_pictures(key, run)),
        grids=tuple(_grids(run)),
        examples=tuple(_words(run)),
        note=_note(run),
    )


def readings(name: str, run: Track) -> tuple[str, ...]:
    """What may be said of a run; nothing of one that does not change.

    A measure changes, or is before another, where the adjusted p is below 0.05; a language is early or late where its
    interval does not overlap that of all together; a relation with shares is told where Bonferroni's p over the
    measures is below 0.05.
    """
    told = [_first(name, run), _spelling(run), _languages(run), _shares(run), *_trends(run)]
    return tuple(sentence for sentence in told if sentence)


def _place(run: Track, row: HalfLife) -> str:
    sure = ""
    if row.low is not None and row.high is not None:
        sure = f" (95 % interval {number(row.low, 0)}–{number(row.high, 0)})"
    unit = "" if run.options.axis == "tokens" else f"{run.options.axis} "
    return f"{unit}{number(row.x, 0)}{' tokens' if not unit else ''}{sure}"


def _first(name: str, run: Track) -> str:
    moved = {row.measure: row for row in run.half_lives if row.label is None and row.x is not None}
    if not moved:
        return ""
    earliest = min(moved.values(), key=lambda row: row.x or 0.0)
    later = [
        row.second
        for row in run.order
        if row.first == earliest.measure and row.p_adjusted < LEVEL and row.low > 0
    ]
    if not later:
        return ""
    listed = [_NAMES[measure] for measure in later[:_MOST_NAMED]]
    more = [f"{len(later) - _MOST_NAMED} more"] if len(later) > _MOST_NAMED else []
    return (
        f"In {name}, {_NAMES[earliest.measure]} changes first: half of its change is done at {_place(run, earliest)}, "
        f"before that of {joined([*listed, *more])}."
    )


def _spelling(run: Track) -> str:
    both = {"translation", "same_spelling"}
    row = next((row for row in run.order if {row.first, row.second} == both), None)
    if row is None or row.p_adjusted >= LEVEL or row.low <= 0:
        return ""
    by = f"{number(row.difference, 0)} (95 % interval {number(row.low, 0)}–{number(row.high, 0)})"
    return (
        f"{capital(_NAMES[row.first])} has its half-life {by} before {_NAMES[row.second]}: the model "
        f"{'copies spellings first' if row.first == 'same_spelling' else 'does not begin with spellings'}."
    )


def _languages(run: Track) -> str:
    _, rows = moved_labels(run, "translation")
    whole = next((r for r in run.half_lives if (r.measure, r.label) == ("translation", None)), None)
    if whole is None or whole.low is None or whole.high is None:
        return ""
    sure = [row for row in rows if row.low is not None and row.high is not None]
    early = [row for row in sure if (row.high or 0.0) < whole.low]
    late = [row for row in reversed(sure) if (row.low or 0.0) > whole.high]
    if not early and not late:
        return ""
    sides = [
        f"{len(side)} {'has its' if len(side) == 1 else 'have their'} half-life {word} than all together, "
        f"{'the first' if word == 'earlier' else 'the last'} being {language_name(side[0].label or '')} at "
        f"{_place(run, side[0])}"
        for word, side in (("earlier", early), ("later", late))
        if side
    ]
    return f"Of {len(sure)} languages whose translation changes, {joined(sides)}."


def _shares(run: Track) -> str:
    told = []
    for row in run.relation:
        if row.value is None or row.low is None or row.high is None or row.p is None:
            continue
        if row.p * len(run.relation) < LEVEL:
            sure = span((row.low, row.high), share=False)
            told.append(
                f"{_NAMES[row.measure]} ({number(row.value)}, 95 % interval {sure}, {row.labels} labels)"
            )
    if not told:
        return ""
    whose = "the vocabulary" if run.relation[0].share == "vocabulary" else "the data"
    return (
        f"Half-lives of scripts or languages go with their share of {whose} (Spearman’s correlation) in "
        f"{joined(told)}."
    )


def _trends(run: Track) -> list[str]:
    sure = [row for row in run.trends if row.p_adjusted < LEVEL]
    return [
        f"For ten times the {run.options.axis}, {_NAMES[row.measure]} changes by {number(row.change, 3)} "
        f"({_sure(row)}; p {probability(row.p_adjusted)}, adjusted)."
        for row in sure
        if row.measure in _NAMES
    ]


def _sure(row: Trend) -> str:
    unit = (
        f"{row.units} models" if row.unit == "model" else f"{row.units} scripts or languages, in these models"
    )
    return f"95 % interval {span((row.low, row.high), share=False, digits=3)} over {unit}"


def _pictures(key: str, run: Track) -> list[Picture]:
    made = [
        picture(
            key,
            figures.draw_track(run),
            "The measures of all tokens. Bands are 95 % intervals, dotted lines what chance gives"
            + ("; a vertical line is a half-life with its interval." if run.half_lives else "."),
        )
    ]
    for measure in _BY_LABEL:
        if moved_labels(run, measure)[1]:
            made.append(
                picture(
                    f"{key}-{measure}",
                    figures.draw_track_by_label(run, measure),
                    f"{MEASURES_SHOWN[measure]}, the earliest first: darker as more of the change from the first step "
                    "to the last is done. Dots are half-lives with 95 % intervals.",
                )
            )
    if run.maps:
        made.append(
            picture(
                f"{key}-maps",
                figures.draw_track_maps(run),
                f"{len(run.maps[-1].ids):,} sampled tokens at {len(run.maps)} steps (UMAP). Each map is moved, turned "
                f"and mirrored to fit the one before, and as wide; {_stays(run)}",
            )
        )
    return made


def _stays(run: Track) -> str:
    known = [f"{percent(step.stays)}" for step in run.maps if step.stays is not None]
    return f"{joined(known)} of the places are those of the map before (R²)."


def _grids(run: Track) -> list[Grid]:
    whole = [row for row in run.half_lives if row.label is None]
    own = [row for row in run.half_lives if row.label is not None and row.x is not None]
    grids = []
    columns = ("half-life", "95 % interval", "first", "last", "fit", "p adjusted")
    if whole:
        rows = tuple((capital(MEASURES_SHOWN[row.measure]), *_cells(row)) for row in _earliest(whole))
        grids.append(Grid(title="Half-lives, all tokens", columns=("measure", *columns), rows=rows))
    if own:
        grids.append(
            Grid(
                title=f"Half-lives of {len({row.label for row in own})} scripts and languages",
                columns=("measure", "script or language", *columns),
                rows=tuple(
                    (MEASURES_SHOWN[row.measure], label_called(row), *_cells(row))
                    for row in _earliest(own)[:_MOST_ROWS]
                ),
                words=2,
                folded=True,
            )
        )
    if run.order:
        grids.append(
            Grid(
                title="Which comes first",
                columns=("first", "then", "later by", "95 % interval", "p adjusted"),
                rows=tuple(
                    (
                        MEASURES_SHOWN[row.first],
                        MEASURES_SHOWN[row.second],
                        number(row.difference, 0),
                        f"{number(row.low, 0)} to {number(row.high, 0)}",
                        probability(row.p_adjusted),
                    )
                    for row in run.order
                ),
                words=2,
                folded=True,
            )
        )
    if run.trends:
        grids.append(_trend_grid(run))
    return grids


def _earliest(rows: list[HalfLife]) -> list[HalfLife]:
    return sorted(rows, key=lambda row: (row.x is None, row.x or 0.0, row.measure, row.label or ""))


def _cells(row: HalfLife) -> tuple[str, ...]:
    sure = DASH if row.low is None or row.high is None else f"{number(row.low, 0)}–{number(row.high, 0)}"
    return (
        "no change" if row.x is None else number(row.x, 0),
        sure,
        number(row.start, 3),
        number(row.final, 3),
        number(row.fit),
        probability(row.p_adjusted),
    )


def _trend_grid(run: Track) -> Grid:
    return Grid(
        title=f"Change for ten times the {run.options.axis}",
        columns=("measure", "unit", "units", "change", "95 % interval", "p adjusted"),
        rows=tuple(
            (
                MEASURES_SHOWN[row.measure],
                row.unit,
                str(row.units),
                number(row.change, 3),
                span((row.low, row.high), share=False, digits=3),
                probability(row.p_adjusted),
            )
            for row in sorted(run.trends, key=lambda row: (row.unit != "model", row.p_adjusted))
        ),
        words=2,
    )


def _words(run: Track) -> list[tuple[str, tuple[Example, ...]]]:
    """Each word with its nearest tokens at up to six steps."""
    found = []
    for _, steps in groupby(run.words, key=lambda step: (step.word, step.id)):
        chosen = spread(list(steps), _STEPS_OF_A_WORD)
        found.append((f"Nearest tokens of {shown(chosen[0].token)}", tuple(_example(run, s) for s in chosen)))
    return found


def _example(run: Track, step: WordStep) -> Example:
    near = len(step.neighbors)
    kept = () if step.kept is None or not near else (f"{step.kept} of {near} also near at the last step",)
    return Example(
        token=shown(step.token),
        id=None,
        about=(f"{run.options.axis} {number(step.x, 0)}", *kept),
        chips=tuple(
            Chip(
                text=shown(n.token),
                badge=shown(n.label or DASH),
                title=f"{script_name(n.label or 'no label')}, cosine {n.similarity:.2f}",
                kind="own" if n.label == step.label else "",
            )
            for n in step.neighbors
        ),
    )


def _note(run: Track) -> str:
    options = run.options
    sample = "all tokens" if options.exact else f"{options.sample:,} seeded tokens"
    asked = f"Neighbours are the {options.k} nearest of {sample} among all."
    if options.by != "training":
        return (
            f"{asked} Slopes are within families, models whose names differ in the size only. Intervals and p are over "
            "other models, or over other scripts and languages in these models; p is adjusted over all rows (Benjamini "
            "and Hochberg)."
        )
    return (
        f"{asked} A half-life is where half of the change from the first step to the last is done, by monotone "
        "regression; a low fit (R²) says that a curve goes up and down, so that its half-life says little. A measure "
        "changes, and one comes before another, where p is below 0.05, adjusted over all rows (Benjamini and "
        "Hochberg); a language is early or late where its interval does not overlap that of all together (of 200 that "
        "do not differ, about one). Intervals are over tokens or concepts of this run: other runs vary more."
    )
