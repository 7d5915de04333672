"""What is in deploy/, the image and compose.yaml, each read by the tools that people will read it by.

Kubernetes' objects are held against its own schemas; kustomize and compose are here by the libraries that the
programs are made of.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from okevents import __version__
from okevents.config.load import load
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.operations import BOTH, EVENTS
from okevents.http.webhook_operations import WEBHOOKS
from okevents.pages import operations as pages
from scripts import golang
from tests import servers

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
KUBERNETES = "1.37"
SERVICES = (Shape.EVENTS, Shape.BOOKINGS)

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def manifests() -> Path:
    """See scripts/manifests/main.go."""
    try:
        return golang.build(ROOT / "scripts" / "manifests")
    except golang.ProgramMissing as error:
        servers.unusable(str(error))


def read(manifests: Path, kind: str, path: Path) -> str:
    done = subprocess.run([manifests, kind, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module", params=["base", "example"])
def cluster(request: pytest.FixtureRequest, manifests: Path) -> list[dict[str, Any]]:
    """The objects that kustomize makes of that folder."""
    return list(yaml.safe_load_all(read(manifests, "kustomize", DEPLOY / "kubernetes" / request.param)))


def of_kind(cluster: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (each for each in cluster if each["kind"] == kind)


def named(cluster: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = (each for each in of_kind(cluster, kind) if each["metadata"]["name"] == name)
    return found


def settings_of(shape: Shape, environment: Mapping[str, str]) -> Settings:
    """What the program makes of it. Raises ConfigurationError."""
    return load(shape, {}, environment, folder=Path("/nowhere")).settings


def container_environment(cluster: list[dict[str, Any]], shape: Shape) -> dict[str, str]:
    """Of the pods of that service, whose secret says what a test says here."""
    (config,) = of_kind(cluster, "ConfigMap")
    (container,) = named(cluster, "Deployment", f"okevents-{shape}")["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]
    secret = {
        "events-database": "postgresql://db/events",
        "bookings-database": "postgresql://db/bookings",
        "broker": "amqps://broker/",
    }
    own = {each["name"]: secret[each["valueFrom"]["secretKeyRef"]["key"]] for each in container["env"]}
    return {**config["data"], **own}


def test_each_object_is_one_of_kubernetes(cluster: list[dict[str, Any]]) -> None:
    for each in cluster:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**cluster[0], "kinds": "no field"}, KUBERNETES, strict=True)


@pytest.mark.parametrize("shape", SERVICES)
def test_pods_are_configured_probed_and_given_time_to_leave(cluster: list[dict[str, Any]], shape: Shape) -> None:
    deployment = named(cluster, "Deployment", f"okevents-{shape}")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environment = container_environment(cluster, shape)
    settings = settings_of(shape, environment)
    assert container["args"] == [shape.value]
    assert container["ports"] == [{"name": "http", "containerPort": settings.port}]
    assert settings.has_access_control
    # What is run in it acts on its own service's database, and makes no file for the other.
    assert load(Shape.UP, {}, environment, folder=Path("/nowhere")).stored is shape
    probes = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert probes <= {each.path for each in BOTH}
    # Longer than it takes to leave, and it goes on for longer than it takes to be found out.
    assert pod["terminationGracePeriodSeconds"] > settings.shutdown_delay + settings.shutdown_grace
    readiness = container["readinessProbe"]
    assert readiness["failureThreshold"] * readiness["periodSeconds"] < settings.shutdown_delay
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("shape", SERVICES)
def test_services_and_budgets_are_of_the_pods_that_there_are(cluster: list[dict[str, Any]], shape: Shape) -> None:
    labels = named(cluster, "Deployment", f"okevents-{shape}")["spec"]["template"]["metadata"]["labels"]
    other = named(cluster, "Deployment", f"okevents-{SERVICES[shape is Shape.EVENTS]}")
    others = other["spec"]["template"]["metadata"]["labels"]
    selectors = [
        named(cluster, "Service", f"okevents-{shape}")["spec"]["selector"],
        named(cluster, "PodDisruptionBudget", f"okevents-{shape}")["spec"]["selector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= others.items()


def test_the_example_leads_every_path_to_its_service(manifests: Path) -> None:
    cluster = list(yaml.safe_load_all(read(manifests, "kustomize", DEPLOY / "kubernetes" / "example")))
    (ingress,) = of_kind(cluster, "Ingress")
    (rule,) = ingress["spec"]["rules"]
    backends = {each["path"]: each["backend"]["service"]["name"] for each in rule["http"]["paths"]}

    def leads_to(path: str) -> str:
        """By the longest prefix of whole segments, as Kubernetes does."""
        fitting = [known for known in backends if f"{path}/".startswith(f"{known.rstrip('/')}/")]
        name: str = backends[max(fitting, key=len)]
        return name

    of_bookings = {each.path for each in (*BOOKINGS, *DOOR)}
    of_bookings |= {
        each.path
        for each in (
            *(*pages.BOOKING_FORM, *pages.BOOKING_PAGES, *pages.BOOKING_SIGNING, *pages.BOOKING_DESK),
            *pages.DOOR_PAGES,
        )
    }
    of_events = {each.path for each in (*EVENTS, *WEBHOOKS, *pages.PAGES)} - of_bookings
    assert {path: leads_to(path) for path in of_events} == dict.fromkeys(of_events, "okevents-events")
    assert {path: leads_to(path) for path in of_bookings} == dict.fromkeys(of_bookings, "okevents-bookings")


def test_how_many_pods_there_are_is_said_once(cluster: list[dict[str, Any]]) -> None:
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind(cluster, "HorizontalPodAutoscaler")}
    counted = {each["metadata"]["name"] for each in of_kind(cluster, "Deployment") if "replicas" in each["spec"]}
    assert (scaled | counted, scaled & counted) == ({f"okevents-{shape}" for shape in SERVICES}, set())


def test_an_upgrade_can_be_applied_step_by_step(cluster: list[dict[str, Any]]) -> None:
    """As docs/deploying.md selects: first what isn't a service's, then each service."""
    services = {shape.value: set[tuple[str, str]]() for shape in SERVICES}
    first: set[str] = set()
    for each in cluster:
        component = each["metadata"].get("labels", {}).get("app.kubernetes.io/component")
        if component in services:
            services[component].add((each["kind"], each["metadata"]["name"]))
        else:
            first.add(each["kind"])
    assert {"Job", "ConfigMap", "ServiceAccount"} <= first
    assert "Deployment" not in first
    for shape, found in services.items():
        kinds = ("Deployment", "PodDisruptionBudget", "Service")
        assert found == {(kind, f"okevents-{shape}") for kind in kinds}


def test_manifests_and_the_image_name_the_version_that_this_is() -> None:
    assert f'org.opencontainers.image.version="{__version__}"' in DOCKERFILE
    for folder in ("base", "example"):
        (image,) = yaml.safe_load((DEPLOY / "kubernetes" / folder / "kustomization.yaml").read_text())["images"]
        assert image["newTag"] == __version__


def test_compose_gives_services_settings_that_they_take(manifests: Path) -> None:
    services = yaml.safe_load(read(manifests, "compose", ROOT / "compose.yaml"))["services"]
    for shape in SERVICES:
        service = services[shape.value]
        settings = settings_of(shape, service["environment"])
        assert service["command"] == [shape.value]
        (port,) = service["ports"]
        assert (port["host_ip"], port["target"], port["published"]) == (
            "127.0.0.1",
            settings.port,
            str(settings.port),
        )
        health = service["environment"].get("OKEVENTS_URL", "http://127.0.0.1:8181")
        assert health == f"http://127.0.0.1:{settings.port}"
        grace = int(service["stop_grace_period"].removesuffix("s"))
        assert grace > settings.shutdown_delay + settings.shutdown_grace
        assert service["read_only"]


def test_compose_migrates_first_and_opens_ports_to_this_machine_alone(manifests: Path) -> None:
    services = yaml.safe_load(read(manifests, "compose", ROOT / "compose.yaml"))["services"]
    assert {port.get("host_ip") for each in services.values() for port in each.get("ports", [])} == {"127.0.0.1"}
    for shape in SERVICES:
        assert services[shape.value]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for each in services.values():
        for name, how in each.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or services[name]["healthcheck"]["test"][0] == "CMD"


def test_the_image_is_made_as_its_linter_wants() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        servers.unusable("hadolint isn't made for this machine")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_package_can_be_built_of_what_the_image_is_given(tmp_path: Path) -> None:
    lines = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    copied = [name for line in lines for name in line.split()]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == let_through
    for name in copied:
        source, goal = ROOT / name, tmp_path / name
        goal.parent.mkdir(exist_ok=True)
        shutil.copytree(source, goal) if source.is_dir() else shutil.copy(source, goal)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [each.name.partition("-")[0] for each in tmp_path.glob("*.whl")] == ["okevents"]
