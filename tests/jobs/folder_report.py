"""A report on all models of a folder."""

from pathlib import Path

import hyperpolyglot as hp

spaces = [hp.open_model(folder) for folder in sorted(Path("models").iterdir())]
study = hp.run_study(spaces, hp.StudyOptions(k=10, skip=("compare", "explain", "map", "meanings")))
hp.write_report(study, "report")
print(Path("report/report.html").exists(), [Path(space.model).name for space in spaces])
