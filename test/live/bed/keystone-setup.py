"""Runs the four keystone-manage commands of a new Keystone. Loading it takes 2 s: it is loaded once, and forked for each."""
import os, sys
from keystone.cmd import manage
conf, user, group, url = sys.argv[1:]
keys = ["--keystone-user", user, "--keystone-group", group]
for args in (["fernet_setup"] + keys, ["credential_setup"] + keys, ["db_sync"],
             ["bootstrap", "--bootstrap-username", "admin", "--bootstrap-password", "admin-secret",
              "--bootstrap-project-name", "admin", "--bootstrap-region-id", "RegionOne",
              "--bootstrap-public-url", url, "--bootstrap-internal-url", url]):
    pid = os.fork()
    if pid == 0:
        sys.argv = ["keystone-manage", "--config-file", conf] + args
        manage.main()
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit("keystone-manage %s failed" % args[0])
