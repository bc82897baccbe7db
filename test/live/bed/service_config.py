"""What Nova and Cinder have in common here: who they are, where Keystone is, how they are managed and served."""
import importlib, os, sys

def written(folder, keystone, options, paste):
    """Writes the configuration and the paste file of a service; gives the path of the former."""
    os.makedirs(folder, exist_ok=True)
    sections = {
        "DEFAULT": {"transport_url": "fake://", "state_path": folder},
        "oslo_concurrency": {"lock_path": folder},
        "oslo_messaging_notifications": {"driver": "noop"},
        "keystone_authtoken": dict(signing_in(keystone), www_authenticate_uri=keystone, service_token_roles_required="true"),
    }
    for section, values in options.items():
        sections.setdefault(section, {}).update(values)
    conf = os.path.join(folder, "service.conf")
    with open(conf, "w") as file:
        for section, values in sections.items():
            file.write("[%s]\n%s\n" % (section, "\n".join("%s = %s" % pair for pair in values.items())))
    with open(os.path.join(folder, "paste.ini"), "w") as file:
        file.write(paste)
    return conf

def signing_in(keystone):
    return {"auth_url": keystone, "auth_type": "password", "username": "glance", "password": "glance-secret",
            "project_name": "service", "user_domain_id": "default", "project_domain_id": "default"}

def manage(service, conf, *args):
    """Runs nova-manage or cinder-manage in a process of its own; what that loads takes seconds, and is loaded once for all of them."""
    command = importlib.import_module(service + ".cmd.manage")
    pid = os.fork()
    if pid == 0:
        sys.argv = [service + "-manage", "--config-file", conf] + list(args)
        status = command.main()
        sys.stdout.flush()
        os._exit(status or 0)
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit("%s-manage %s failed" % (service, args[0]))

def serve(app, port):
    from werkzeug.serving import run_simple
    run_simple("127.0.0.1", port, app)
