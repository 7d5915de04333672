from jsonschema import Draft7Validator
from referencing import Registry

from okevents.messaging.topology import Topology
from okevents.schemas.asyncapi import asyncapi
from scripts.asyncapi import official_schema


def main() -> None:
    document = asyncapi(Topology())
    # An empty registry: what the schema refers to stands in it, and nothing is fetched.
    Draft7Validator(official_schema(document["asyncapi"]), registry=Registry()).validate(document)
    print(f"it is an AsyncAPI {document['asyncapi']} document")


if __name__ == "__main__":
    main()
