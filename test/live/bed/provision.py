"""Fills a fresh Keystone: projects, users, roles, regions, an application credential; writes bed.json."""
import json, sys, urllib.request
keystone, one, two, bed, port = sys.argv[1:6]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def call(method, path, body=None, token=None):
    request = urllib.request.Request(keystone + path, method=method, data=json.dumps(body).encode() if body else None)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("X-Auth-Token", token)
    with opener.open(request, timeout=30) as answer:
        data = answer.read()
        return answer.headers, json.loads(data) if data else None

def sign_in(user, project):
    headers, body = call("POST", "/v3/auth/tokens", {"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": user, "domain": {"id": "default"}, "password": user + "-secret"}}},
        "scope": {"project": {"name": project, "domain": {"id": "default"}}}}})
    return headers["X-Subject-Token"], body["token"]

admin, info = sign_in("admin", "admin")
projects = {"admin": info["project"]["id"]}

def make(kind, **fields):
    return call("POST", "/v3/%ss" % kind, {kind: fields}, admin)[1][kind]

roles = {role["name"]: role["id"] for role in call("GET", "/v3/roles", token=admin)[1]["roles"]}
for user, project, role in (("demo", "demo", "member"), ("reader", "demo", "reader"), ("alt", "alt", "member"), ("glance", "service", "admin")):
    if project not in projects:
        projects[project] = make("project", name=project, domain_id="default")["id"]
    made = make("user", name=user, domain_id="default", password=user + "-secret")
    call("PUT", "/v3/projects/%s/users/%s/roles/%s" % (projects[project], made["id"], roles[role]), token=admin)

image = make("service", name="glance", type="image")
identity = call("GET", "/v3/services?type=identity", token=admin)[1]["services"][0]
for region, url in (("RegionOne", one), ("RegionTwo", two), ("Prefixed", one + "/glance")):
    if region != "RegionOne":
        make("region", id=region)
    for interface in ("public", "internal"):
        make("endpoint", service_id=image["id"], region_id=region, interface=interface, url=url)
        if region != "RegionOne":  # each Glance looks for Keystone in its own region
            make("endpoint", service_id=identity["id"], region_id=region, interface=interface, url=keystone + "/v3")

token, info = sign_in("demo", "demo")
credential = call("POST", "/v3/users/%s/application_credentials" % info["user"]["id"], {"application_credential": {
    "name": "bed", "secret": "appcred-secret"}}, token)[1]["application_credential"]
json.dump({"port": int(port), "keystone": keystone, "glance": {"RegionOne": one, "RegionTwo": two, "Prefixed": one + "/glance"},
           "projects": projects, "applicationCredentialId": credential["id"]}, open(bed, "w"))
