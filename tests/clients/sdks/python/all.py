"""Every route that the local account serves, asked with the SDK for Python and its strict types."""

import d1
import gateway
import identity
import kv
import r2
import vectorize
from judge import Judge

judge = Judge()
for service in [identity, kv, r2, vectorize, gateway, d1]:
    print(f"# {service.__doc__}")
    service.run(judge)
