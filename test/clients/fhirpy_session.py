"""What an integrator does with fhir-py, told on standard output as one JSON object; fhirpy.test.ts says what it has to be.

Standard input: {"session", "base", "authorization" | "oauth", "headers"?, "certificate"?}.
"""
import json
import sys

import requests
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, MultipleResourcesFound, OperationOutcome, ResourceNotFound

MRN = "https://example.org/mrn"


def connect(given):
    """As a platform does that has a Basic, an OAuth and a TLS definition of the connection."""
    verify = given.get("certificate", True)
    authorization = given.get("authorization")
    if authorization is None:
        oauth = given["oauth"]
        form = {"grant_type": "client_credentials", "scope": "system/*.cruds"}
        answer = requests.post(oauth["url"], data=form, auth=(oauth["client"], oauth["secret"]), verify=verify, timeout=30)
        answer.raise_for_status()
        authorization = "Bearer " + answer.json()["access_token"]
    return SyncFHIRClient(
        given["base"],
        authorization=authorization,
        extra_headers=given.get("headers"),
        requests_config={"verify": verify, "timeout": 30},
    )


def families(patients):
    return [patient["name"][0]["family"] for patient in patients]


def refusal(call):
    """The name of the exception, and of an OperationOutcome its codes."""
    try:
        call()
    except OperationOutcome as error:
        return ["OperationOutcome", [issue["code"] for issue in error.resource["issue"] if issue["severity"] == "error"]]
    except (AuthorizationError, MultipleResourcesFound, ResourceNotFound) as error:
        return [type(error).__name__, [issue["code"] for issue in json.loads(str(error))["issue"]]]
    return None


def plain(client, given):
    """/r4: the page's two services, and what stands beside them in fhir-py."""
    said = {}
    for family, birth_date, active in (("Ngata", "1990-05-01", True), ("Chalmers", "1974-12-25", True), ("Smith", "2001-02-03", False)):
        client.resource(
            "Patient",
            name=[{"use": "official", "family": family, "given": ["Hine", "Māia"]}],
            birthDate=birth_date,
            active=active,
            identifier=[{"system": MRN, "value": family}],
        ).save()
    patients = client.resources("Patient")
    said["sorted"] = families(patients.sort("active", "-birthdate"))
    said["fetched"] = families(patients.search(active=True, birthdate__ge="1980").fetch())
    said["paged"] = families(patients.sort("family").limit(1).fetch_all())
    # fhir-py counts by `_totalMethod`, a parameter of one server that R4 has not
    said["count"] = refusal(patients.count)
    lenient = connect({**given, "headers": {"Prefer": "handling=lenient"}})
    said["count, leniently"] = lenient.resources("Patient").count()
    said["first"] = families([patients.sort("birthdate").first()])

    patient = patients.search(identifier=f"{MRN}|Ngata").get()
    appointment = client.resource("Appointment")
    appointment.status = "booked"
    appointment.participant = [{"actor": patient, "status": "accepted"}]
    appointment.start = "2022-11-11T11:11:11.111+00:00"
    appointment.end = "2022-12-22T22:22:22.222+00:00"
    appointment.save()
    said["referred"] = appointment["participant"][0]["actor"].to_resource().id == patient.id
    said["searched"] = [found.id == appointment.id for found in client.resources("Appointment").search(patient=patient)]
    bundle = client.resources("Appointment").include("Appointment", "patient").fetch_raw()
    said["included"] = sorted(entry.resource.resourceType for entry in bundle.entry)

    patient["birthDate"] = "1990-05-02"
    patient.save()
    said["updated"] = [patient["meta"]["versionId"], client.reference("Patient", patient.id).to_resource()["birthDate"]]
    by_search = client.resource("Patient", identifier=[{"system": MRN, "value": "Smith"}], name=[{"family": "Smythe"}])
    smythe, is_new = patients.search(identifier=f"{MRN}|Smith").update(by_search)
    said["updated by search"] = [families([smythe]), is_new, smythe["meta"]["versionId"]]

    fresh = client.resource("Patient", identifier=[{"system": MRN, "value": "a+b c"}], name=[{"family": "Once"}])
    one, first_is_new = patients.search(identifier=f"{MRN}|a+b c").get_or_create(fresh)
    two, second_is_new = patients.search(identifier=f"{MRN}|a+b c").get_or_create(fresh)
    said["got or created"] = [first_is_new, second_is_new, one.id == two.id]
    client.resource("Patient", identifier=[{"system": MRN, "value": "a+b c"}]).save()
    said["several"] = refusal(lambda: patients.search(identifier=f"{MRN}|a+b c").get_or_create(fresh))

    said["transaction"] = transaction(client, "Patient/" + one.id)
    said["valid"] = [client.resource("Patient", gender=gender).is_valid() for gender in ("female", "unheard-of")]
    said["invalid"] = refusal(lambda: client.resource("Patient", gender="unheard-of").save())
    said["unknown parameter"] = refusal(lambda: patients.search(unheard_of=1).fetch())

    one.patch(active=False)
    said["patched"] = [one["active"], one["name"][0]["family"], one["meta"]["versionId"]]
    two.delete()
    said["deleted"] = refusal(lambda: client.reference("Patient", two.id).to_resource())
    patients.search(identifier=f"{MRN}|Chalmers").delete()
    said["left"] = len(patients.search(identifier=f"{MRN}|Chalmers").fetch())
    return said


def transaction(client, subject):
    """Two that refer to each other, of which one brings the other's id; then one with a fault, which stores nothing."""

    def entries(status):
        weight = {"resourceType": "Observation", "status": status, "code": {"text": "Weight"}, "valueQuantity": {"value": 72.5}}
        parent = "urn:uuid:8f0bd2ac-5b39-4c35-9e1c-1c2a0d4f6f01"
        return [
            {"fullUrl": parent, "resource": {**weight, "subject": {"reference": subject}}, "request": {"method": "POST", "url": "Observation"}},
            {"resource": {**weight, "hasMember": [{"reference": parent}]}, "request": {"method": "POST", "url": "Observation"}},
        ]

    bundle = client.resource("Bundle", type="transaction", entry=entries("final"))
    bundle.save()
    faulty = refusal(lambda: client.resource("Bundle", type="transaction", entry=entries("unheard-of")).save())
    return [[entry.response.status[:3] for entry in bundle.entry], faulty, len(client.resources("Observation").fetch())]


def shared_record(client, given):
    """/sdhr: profiles that are enforced, a header that says who asks, searches that need their patient."""
    said = {}
    conditions = client.resources("Condition").search(patient=given["patient"])
    saved = []
    for value in ("c-1", "c-2"):
        condition = client.resource(**{**given["condition"], "resource_type": "Condition"})
        condition["identifier"] = [{"system": MRN, "value": value}]
        condition.save()
        saved.append(condition)
    said["listed"] = sorted(found["identifier"][0]["value"] for found in conditions)
    said["sorted"] = [found["identifier"][0]["value"] for found in conditions.sort("-_lastUpdated", "_id").limit(1).fetch_all()]
    saved[0]["clinicalStatus"]["coding"][0]["code"] = "inactive"
    saved[0].save()
    said["updated"] = [saved[0]["meta"]["versionId"], client.reference("Condition", saved[0].id).to_resource()["clinicalStatus"]["coding"][0]["code"]]
    entry = {"resource": {**given["condition"], "identifier": [{"system": MRN, "value": "c-3"}]}, "request": {"method": "POST", "url": "Condition"}}
    bundle = client.resource("Bundle", type="transaction", entry=[entry])
    bundle.save()
    said["transaction"] = [one.response.status[:3] for one in bundle.entry]
    saved[1].delete()
    said["deleted"] = refusal(lambda: client.reference("Condition", saved[1].id).to_resource())
    said["left"] = sorted(found["identifier"][0]["value"] for found in conditions)
    said["invalid"] = refusal(lambda: client.resource("Condition", onsetDateTime="2025-02-30").save())
    said["without patient"] = refusal(lambda: client.resources("Condition").fetch())
    said["get or create"] = refusal(lambda: conditions.get_or_create(client.resource(**{**given["condition"], "resource_type": "Condition"})))
    return said


def stranger(client, given):
    return {"refused": refusal(lambda: client.resources("Patient").fetch())}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    session = {"plain": plain, "shared_record": shared_record, "stranger": stranger}[given["session"]]
    json.dump(session(connect(given), given), sys.stdout)
