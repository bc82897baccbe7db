"""A real Cinder API over a database of its own: cinder-api.py FOLDER PORT KEYSTONE ROWS. No volume is ever made: ROWS is JSON, a list of
{name, image, project, server}, and what a Cinder would have written of them stands in the database."""
import json, sys
from service_config import manage, serve, written
folder, port, keystone, rows = sys.argv[1:]
conf = written(folder, keystone, {
    "DEFAULT": {"api_paste_config": folder + "/paste.ini", "auth_strategy": "keystone", "osapi_max_limit": "2"},
    "database": {"connection": "sqlite:///%s/db.sqlite" % folder},
}, """
[composite:osapi_volume]
use = call:cinder.api:root_app_factory
/: versions
/v3: api
[composite:api]
use = call:cinder.api.middleware.auth:pipeline_factory
keystone = request_id faultwrap authtoken context apiv3
[app:apiv3]
paste.app_factory = cinder.api.v3.router:APIRouter.factory
[app:versions]
paste.app_factory = cinder.api.versions:Versions.factory
[filter:request_id]
paste.filter_factory = oslo_middleware.request_id:RequestId.factory
[filter:faultwrap]
paste.filter_factory = cinder.api.middleware.fault:FaultWrapper.factory
[filter:context]
paste.filter_factory = cinder.api.middleware.auth:CinderKeystoneContext.factory
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
""")
manage("cinder", conf, "db", "sync")
sys.argv = ["cinder", "--config-file", conf]
from cinder.wsgi import wsgi
app = wsgi.initialize_application()
from cinder import context, db
admin = context.get_admin_context()
kind = db.volume_type_get_by_name(admin, "__DEFAULT__")["id"]
for row in json.loads(rows):
    server = row.get("server")
    volume = db.volume_create(admin, {
        "display_name": row["name"], "size": 1, "project_id": row["project"], "user_id": "u", "volume_type_id": kind,
        "availability_zone": "nova", "bootable": "image" in row, "status": "available", "attach_status": "detached"})
    if "image" in row:
        db.volume_glance_metadata_create(admin, volume["id"], "image_id", row["image"])
    if server:
        db.volume_attach(admin, {"volume_id": volume["id"], "instance_uuid": server, "attach_status": "attached",
                                 "mountpoint": "/dev/vda"})
        db.volume_update(admin, volume["id"], {"status": "in-use", "attach_status": "attached"})
serve(app, int(port))
