"""What is kept of one person: handed out, or erased."""

from gateway.flows.personal_data.erasing import Consequence, consequence, erase, erase_closed
from gateway.flows.personal_data.exporting import export

__all__ = ["Consequence", "consequence", "erase", "erase_closed", "export"]
