"""What people see while a part is away, shown in a copy: nothing of the installation is touched."""

from gateway.flows.drill.redis_down import redis_down
from gateway.flows.drill.world import DrillImpossible, Seen

__all__ = ["DrillImpossible", "Seen", "redis_down"]
