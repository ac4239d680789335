"""An embedding table for another vocabulary, by the method that does best on tokens that were hidden."""

from hyperpolyglot.applications.transplantation.files import write_transplant
from hyperpolyglot.applications.transplantation.transplant import Transplant, TransplantOptions, transplant

__all__ = ["Transplant", "TransplantOptions", "transplant", "write_transplant"]
