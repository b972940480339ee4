"""What people see while a part is away, shown in a copy: nothing of the installation is touched."""

from gateway.flows.drill.database_down import database_down
from gateway.flows.drill.provider_down import Missed, provider_down
from gateway.flows.drill.redis_down import redis_down
from gateway.flows.drill.world import DrillImpossible, Seen

__all__ = ["DrillImpossible", "Missed", "Seen", "database_down", "provider_down", "redis_down"]
