"""Puts images into the database of a Glance that nobody uses yet: OF the bed's RegionOne, SO MANY of PROJECT, one a minute, with tags, properties
and a location each. Through the API they would take minutes."""
import json, sqlite3, sys, uuid
from datetime import datetime, timedelta
bed, project, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
owner = json.load(open(bed + "/bed.json"))["projects"][project]
db = sqlite3.connect(bed + "/glance-one/glance.db")
begin = datetime(2026, 1, 1)
shown = lambda number: (begin + timedelta(minutes=number)).strftime("%Y-%m-%d %H:%M:%S.%f")

def insert(table, rows):
    db.executemany("insert into %s (%s) values (%s)" % (table, ", ".join(rows[0]), ", ".join("?" * len(rows[0]))), [tuple(row.values()) for row in rows])

ids = [str(uuid.uuid5(uuid.NAMESPACE_URL, "%s-%d" % (project, number))) for number in range(count)]
times = [{"created_at": shown(number), "updated_at": shown(number), "deleted": 0} for number in range(count)]
insert("images", [dict(id=id, name="image-%05d" % number, size=1024 * (number + 1), status="active", disk_format="qcow2", container_format="bare",
                       checksum="%032x" % number, owner=owner, min_disk=1, min_ram=512, protected=0, virtual_size=2 ** 30, visibility="private",
                       os_hidden=0, os_hash_algo="sha512", os_hash_value="%0128x" % number, **times[number])
                  for number, id in enumerate(ids)])
insert("image_locations", [dict(image_id=id, value="file:///none/" + id, meta_data='{"store": "fast"}', status="active", **times[number])
                           for number, id in enumerate(ids)])
insert("image_tags", [dict(image_id=id, value=tag, **times[number]) for number, id in enumerate(ids) for tag in ("bench", "even" if number % 2 == 0 else "odd")])
insert("image_properties", [dict(image_id=id, name=name, value=value, **times[number]) for number, id in enumerate(ids)
                            for name, value in (("os_distro", "debian"), ("os_version", "13"), ("hw_disk_bus", "virtio"))])
db.commit()
