"""An embedding table for another vocabulary, by the method that does best on tokens that were hidden."""

from hyperpolyglot.applications.transplantation.files import check_empty, write_transplant
from hyperpolyglot.applications.transplantation.transplant import Transplant, TransplantOptions, transplant

__all__ = ["Transplant", "TransplantOptions", "check_empty", "transplant", "write_transplant"]
