"""`python -m scripts.servers`: runs all of them until Ctrl-C, and prints the variables by which tests find them."""

import contextlib
import signal
import sys

from scripts.servers.ferretdb import FerretdbServer
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.process import ServerMissing
from scripts.servers.rabbitmq import RabbitmqServer

SERVERS: dict[str, type[PostgresqlServer | RabbitmqServer | FerretdbServer]] = {
    "OKEVENTS_TEST_POSTGRESQL_URL": PostgresqlServer,
    "OKEVENTS_TEST_RABBITMQ_URL": RabbitmqServer,
    "OKEVENTS_TEST_MONGODB_URL": FerretdbServer,
}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as running:
        for variable, make in SERVERS.items():
            try:
                server = make()
            except ServerMissing as missing:
                print(f"# {missing}", file=sys.stderr)
                continue
            running.callback(server.close)
            server.start()
            print(f"export {variable}={server.url}", flush=True)
        print("# They run until Ctrl-C.", file=sys.stderr)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


main()
