"""Configuration for what does not run here: Envoy, ingress-nginx and Traefik's custom resources.

It is read as YAML, each field must be one that the program knows, and what keeps people apart must
be what the files say that run in the tests beside this one.
"""

import re

import pytest
import yaml

from gateway.edge.headers import IDENTITY_HEADERS
from tests.gateway.edge.proxies import SHIPPED

TEXTS = [str]
ANYTHING = {"*": str}  # names of our own
NAMED = {"name": str, "namespace": str}
TRAEFIK_SERVICES = [{"name": str, "port": int, "serversTransport": str}]
HEADERS = {"customRequestHeaders": ANYTHING}
MIDDLEWARE = {
    "headers": HEADERS,
    "forwardAuth": {"address": str, "authResponseHeadersRegex": str},
    "errors": {
        "status": TEXTS,
        "statusRewrites": {"*": int},
        "service": {"name": str, "port": int},
        "query": str,
    },
}
ROUTE = {
    "kind": str,
    "match": str,
    "middlewares": [NAMED],
    "services": TRAEFIK_SERVICES,
}
BACKEND = {"service": {"name": str, "port": {"number": int}}}
INGRESS = {
    "ingressClassName": str,
    "rules": [
        {"host": str, "http": {"paths": [{"path": str, "pathType": str, "backend": BACKEND}]}}
    ],
}
# Per kind of object in Kubernetes: its version, and the fields that are used of it.
KINDS = {
    "Middleware": ("traefik.io/v1alpha1", {"spec": MIDDLEWARE}),
    "IngressRoute": ("traefik.io/v1alpha1", {"spec": {"entryPoints": TEXTS, "routes": [ROUTE]}}),
    "ServersTransport": (
        "traefik.io/v1alpha1",
        {"spec": {"forwardingTimeouts": {"dialTimeout": str, "responseHeaderTimeout": str}}},
    ),
    "Ingress": ("networking.k8s.io/v1", {"spec": INGRESS}),
    "Service": ("v1", {"spec": {"type": str, "externalName": str, "ports": [{"port": int}]}}),
    "ConfigMap": ("v1", {"data": ANYTHING}),
}
ANNOTATIONS = {
    f"nginx.ingress.kubernetes.io/{name}": str
    for name in (
        "auth-url",
        "auth-method",
        "auth-proxy-set-headers",
        "auth-signin",
        "auth-signin-redirect-param",
        "auth-response-headers",
    )
}

TYPE = {"@type": str}
SOCKET = {"socket_address": {"address": str, "port_value": int}}
MATCHER = {"exact": str, "prefix": str}
APPEND = {"header": {"key": str, "value": str}, "append_action": str}
KEY_MATCHER = {"contains": str, "ignore_case": bool, "safe_regex": {"regex": str}}
# Envoy's API, version 3: per `@type` the fields that are used of it.
ENVOY = {
    "http_connection_manager.v3.HttpConnectionManager": {
        "stat_prefix": str,
        "use_remote_address": bool,
        "normalize_path": bool,
        "merge_slashes": bool,
        "path_with_escaped_slashes_action": str,
        "common_http_protocol_options": {"headers_with_underscores_action": str},
        "upgrade_configs": [{"upgrade_type": str}],
        "http_filters": [{"name": str, "typed_config": TYPE}],
        "route_config": {
            "name": str,
            "virtual_hosts": [
                {
                    "name": str,
                    "domains": TEXTS,
                    "routes": [
                        {
                            "match": {"prefix": str},
                            "route": {"cluster": str, "timeout": str},
                            "request_headers_to_remove": TEXTS,
                            "typed_per_filter_config": {"envoy.filters.http.ext_authz": TYPE},
                        }
                    ],
                }
            ],
        },
    },
    "header_mutation.v3.HeaderMutation": {
        "mutations": {
            "request_mutations": [
                {"remove": str, "append": APPEND, "remove_on_match": {"key_matcher": KEY_MATCHER}}
            ]
        }
    },
    "ext_authz.v3.ExtAuthz": {
        "transport_api_version": str,
        "failure_mode_allow": bool,
        "status_on_error": {"code": str},
        "allowed_headers": {"patterns": [MATCHER]},
        "http_service": {
            "server_uri": {"uri": str, "cluster": str, "timeout": str},
            "path_override": str,
            "authorization_response": {"allowed_upstream_headers": {"patterns": [MATCHER]}},
        },
    },
    "ext_authz.v3.ExtAuthzPerRoute": {"disabled": bool},
    "router.v3.Router": {},
    "": {  # the bootstrap
        "static_resources": {
            "listeners": [
                {
                    "name": str,
                    "address": SOCKET,
                    "filter_chains": [{"filters": [{"name": str, "typed_config": TYPE}]}],
                }
            ],
            "clusters": [
                {
                    "name": str,
                    "type": str,
                    "connect_timeout": str,
                    "load_assignment": {
                        "cluster_name": str,
                        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": SOCKET}}]}],
                    },
                }
            ],
        }
    },
}


def strange(value, shape, place=""):
    """Where this is not of that shape."""
    if isinstance(shape, list) and isinstance(value, list):
        return [
            odd for n, item in enumerate(value) for odd in strange(item, shape[0], f"{place}[{n}]")
        ]
    if isinstance(shape, dict) and isinstance(value, dict):
        if shape == TYPE:
            kind = value["@type"].partition("envoy.extensions.filters.")[2].partition(".")[2]
            shape = TYPE | ENVOY[kind.removeprefix("http.").removeprefix("network.")]
        known = dict.fromkeys(value, shape["*"]) if "*" in shape else shape
        return [
            odd
            for name, item in value.items()
            for odd in (
                strange(item, known[name], f"{place}.{name}")
                if name in known
                else [f"{place}.{name}"]
            )
        ]
    return [] if isinstance(shape, type) and type(value) is shape else [place]


def documents(name):
    return list(yaml.safe_load_all((SHIPPED / name).read_text()))


def named(name, kind):
    return {found["metadata"]["name"]: found for found in documents(name) if found["kind"] == kind}


@pytest.mark.parametrize("name", ["traefik-kubernetes.yaml", "ingress-nginx.yaml"])
def test_every_object_is_of_a_kind_and_shape_that_kubernetes_knows(name):
    for found in documents(name):
        version, fields = KINDS[found["kind"]]
        shape = {"apiVersion": str, "kind": str, "metadata": NAMED | {"annotations": ANNOTATIONS}}
        assert strange(found, shape | fields) == []
        assert found["apiVersion"] == version


def test_traefiks_resources_say_what_its_tried_file_says():
    tried = documents("traefik.yaml")[0]["http"]
    found = named("traefik-kubernetes.yaml", "Middleware")
    assert set(found) == set(tried["middlewares"])
    for name, middleware in tried["middlewares"].items():
        spec = found[name]["spec"]
        if "errors" in spec:  # there a service is an object
            spec["errors"]["service"] = "gatehouse"
        assert spec == middleware
    transport = named("traefik-kubernetes.yaml", "ServersTransport")["gatehouse"]["spec"]
    assert transport == tried["serversTransports"]["gatehouse"]


def test_traefiks_routes_lead_where_those_of_its_tried_file_lead():
    def told(router):
        return (
            tuple(router["entryPoints"]),
            router["rule"],
            tuple(router["middlewares"]),
            router["service"],
        )

    tried = documents("traefik.yaml")[0]["http"]["routers"].values()
    found = [
        {
            "entryPoints": resource["spec"]["entryPoints"],
            "rule": route["match"],
            "middlewares": [middleware["name"] for middleware in route["middlewares"]],
            "service": route["services"][0]["name"].removesuffix("-edge"),
        }
        for resource in named("traefik-kubernetes.yaml", "IngressRoute").values()
        for route in resource["spec"]["routes"]
    ]
    assert {told(router) for router in tried} == {told(router) for router in found}


def test_ingress_nginx_asks_the_edge_and_copies_every_identity_header():
    ingresses = named("ingress-nginx.yaml", "Ingress")
    said = {
        name.partition("/")[2]: value
        for name, value in ingresses["wiki"]["metadata"]["annotations"].items()
    }
    assert said["auth-url"].endswith("/auth-request")
    assert said["auth-response-headers"].lower().split(",") == [*IDENTITY_HEADERS, "authorization"]
    assert "annotations" not in ingresses["wiki-gatehouse"]["metadata"]
    [rule] = ingresses["wiki-gatehouse"]["spec"]["rules"]
    assert [path["path"] for path in rule["http"]["paths"]] == ["/.gatehouse/"]


def test_ingress_nginx_says_to_edge_and_app_what_our_nginx_files_say():
    told = r"^\s*proxy_set_header (X-\S+|Forwarded) (\S+);"
    check = (SHIPPED / "nginx-edge.conf").read_text().partition("location = ")[2].partition("}")[0]
    said = {name: value.strip('"') for name, value in re.findall(told, check, re.MULTILINE)}
    maps = named("ingress-nginx.yaml", "ConfigMap")
    # The controller says X-Forwarded-For itself; its own word for the scheme is a variable of its.
    assert maps["gatehouse-question"]["data"] | {"X-Forwarded-For": "$remote_addr"} == said | {
        "X-Forwarded-Proto": "$pass_access_scheme"
    }
    app = (SHIPPED / "nginx-app.conf").read_text()
    emptied = {name for name, value in re.findall(told, app, re.MULTILINE) if value == '""'}
    own = {"X-Real-Ip", "X-Forwarded-Port"}  # the controller says them itself
    assert set(maps["gatehouse-told"]["data"]) == emptied - own
    assert set(maps["gatehouse-told"]["data"].values()) == {""}


@pytest.fixture
def envoy():
    [content] = documents("envoy.yaml")
    [listener] = content["static_resources"]["listeners"]
    return listener["filter_chains"][0]["filters"][0]["typed_config"]


def test_envoys_fields_are_those_of_its_api():
    assert strange(documents("envoy.yaml")[0], ENVOY[""]) == []


def test_envoy_drops_then_asks_then_routes(envoy):
    names = [found["name"].rpartition(".")[2] for found in envoy["http_filters"]]
    assert names == ["header_mutation", "ext_authz", "router"]
    drop, ask, _ = (found["typed_config"] for found in envoy["http_filters"])
    changes = drop["mutations"]["request_mutations"]
    assert changes[0] == {
        "remove_on_match": {"key_matcher": {"contains": "gatehouse", "ignore_case": True}}
    }
    written = {change["append"]["header"]["key"] for change in changes if "append" in change}
    asked = {f"x-forwarded-{name}" for name in ("for", "host", "method", "uri")}
    assert written == asked | {"x-gatehouse-client-certificate"}
    assert ask["failure_mode_allow"] is False
    assert ask["http_service"]["path_override"] == "/forward-auth"
    copied = ask["http_service"]["authorization_response"]["allowed_upstream_headers"]
    assert copied == {"patterns": [{"prefix": "x-gatehouse-"}]}
    assert {"exact": "cookie"} in ask["allowed_headers"]["patterns"]
    assert envoy["common_http_protocol_options"] == {
        "headers_with_underscores_action": "REJECT_REQUEST"
    }
    assert envoy["upgrade_configs"] == [{"upgrade_type": "websocket"}]


def test_envoy_asks_about_all_but_what_it_hands_to_the_edge(envoy):
    [host] = envoy["route_config"]["virtual_hosts"]
    unasked = [route for route in host["routes"] if "typed_per_filter_config" in route]
    assert [route["match"] for route in unasked] == [{"prefix": "/.gatehouse/"}]
    assert [route["route"]["cluster"] for route in unasked] == ["gatehouse"]
