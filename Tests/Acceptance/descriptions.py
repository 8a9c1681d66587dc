"""Every service describes itself at /openapi.json, and a validator that is not ours finds nothing wrong with it."""
import json
import urllib.request

from refusals import PORTS


def run(visit, check):
    from openapi_spec_validator import OpenAPIV31SpecValidator
    for service, port in PORTS.items():
        answer = urllib.request.urlopen(visit.cloud.url(port, "/openapi.json"))
        check("%s: its description is JSON, for all to read" % service,
              answer.headers["Content-Type"] == "application/json")
        document = json.load(answer)
        check.same("%s: OpenAPI 3.1" % service, document["openapi"], "3.1.0")
        wrong = [str(error.message)[:200] for error in OpenAPIV31SpecValidator(document).iter_errors()]
        check("%s: a valid document" % service, not wrong, wrong[:3])
        check("%s: with operations" % service, len(document["paths"]) > 10)
    by_path = urllib.request.urlopen(visit.cloud.url(8000, "/compute/openapi.json"))
    check.same("the same below the dashboard's port", json.load(by_path)["info"]["title"], "nova")
