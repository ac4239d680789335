"""What text costs: tokens of the same text in many languages."""

from hyperpolyglot.measures.fertility.fertility import (
    Fertility,
    FertilityOptions,
    LanguageFertility,
    fertility,
)

__all__ = ["Fertility", "FertilityOptions", "LanguageFertility", "fertility"]
