"""A real Nova API over a database of its own: nova-api.py FOLDER PORT KEYSTONE ROWS NETWORKS. No server ever runs: ROWS is JSON, a list of
{id, name, image, project, state, deleted}, and what a Nova would have written of them stands in the database. NETWORKS is where it
asks for ports and security groups."""
import json, sys
from service_config import manage, serve, signing_in, written
folder, port, keystone, rows, networks = sys.argv[1:]
database = lambda name: "sqlite:///%s/%s.sqlite" % (folder, name)
conf = written(folder, keystone, {
    "DEFAULT": {"my_ip": "127.0.0.1"},
    "api": {"auth_strategy": "keystone", "max_limit": "2"},
    "wsgi": {"api_paste_config": folder + "/paste.ini"},
    "database": {"connection": database("cell")},
    "api_database": {"connection": database("api")},
    "neutron": dict(signing_in(keystone), endpoint_override=networks),
}, """
[composite:osapi_compute]
use = call:nova.api.openstack.urlmap:urlmap_factory
/: versions
/v2.1: api
[composite:api]
use = call:nova.api.auth:pipeline_factory_v21
keystone = request_id faultwrap authtoken context apiv21
[app:apiv21]
paste.app_factory = nova.api.openstack.compute:APIRouterV21.factory
[app:versions]
paste.app_factory = nova.api.openstack.compute.versions:Versions.factory
[filter:request_id]
paste.filter_factory = oslo_middleware:RequestId.factory
[filter:faultwrap]
paste.filter_factory = nova.api.openstack:FaultWrapper.factory
[filter:context]
paste.filter_factory = nova.api.auth:NovaKeystoneContext.factory
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
""")

manage("nova", conf, "api_db", "sync")
manage("nova", conf, "cell_v2", "map_cell0", "--database_connection", database("cell0"))
manage("nova", conf, "db", "sync")
manage("nova", conf, "cell_v2", "create_cell", "--name", "cell", "--database_connection", database("cell"), "--transport-url", "fake:///")

sys.argv = ["nova", "--config-file", conf]
from nova.api.openstack import compute
from nova import config, context, objects
from nova.network import model
config.parse_args(sys.argv)
objects.register_all()
admin = context.get_admin_context()
cell = [one for one in objects.CellMappingList.get_all(admin) if one.name == "cell"][0]
flavor = objects.Flavor(admin, id=1, flavorid="1", name="tiny", memory_mb=64, vcpus=1, root_gb=1, ephemeral_gb=0, swap=0, rxtx_factor=1.0,
                        vcpu_weight=0, disabled=False, is_public=True, extra_specs={}, description=None)
for row in json.loads(rows):
    with context.target_cell(admin, cell) as there:
        server = objects.Instance(
            there, uuid=row["id"], project_id=row["project"], user_id="u", display_name=row["name"], hostname=row["name"],
            image_ref=row.get("image", ""), vm_state=row.get("state", "active"), task_state=None, flavor=flavor, old_flavor=None,
            new_flavor=None, instance_type_id=1, memory_mb=64, vcpus=1, root_gb=1, ephemeral_gb=0, launch_index=0, power_state=1,
            locked=False, host="h", node="h", availability_zone="nova", reservation_id="r", metadata={}, system_metadata={})
        server.create()
        objects.InstanceInfoCache.new(there, row["id"])
        cache = objects.InstanceInfoCache.get_by_instance_uuid(there, row["id"])
        cache.network_info = model.NetworkInfo([])
        cache.save()
        objects.InstanceMapping(admin, instance_uuid=row["id"], cell_mapping=cell, project_id=row["project"], user_id="u",
                                queued_for_delete=False).create()
        if row.get("deleted"):
            server.destroy()
from paste import deploy
serve(deploy.loadapp("config:%s/paste.ini" % folder, name="osapi_compute"), int(port))
