"""What clients of simplestreams do: reads the index and its products, gives every item what stands around it, prints those that fit."""
import json
import sys
import urllib.request


def read(url):
    with urllib.request.urlopen(url) as answer:
        return json.loads(answer.read().decode('utf-8'))


def scalars(found):
    return {name: value for name, value in found.items() if isinstance(value, (str, int, float, bool))}


def flattened(products):
    top = scalars(products)
    for product, told in products['products'].items():
        of_product = {**top, **scalars(told), 'product_name': product}
        for version, more in sorted(told.get('versions', {}).items(), reverse=True):
            of_version = {**of_product, **scalars(more), 'version_name': version}
            for name, item in more.get('items', {}).items():
                yield {**of_version, **scalars(item), 'item_name': name}


root = sys.argv[1]
wanted = dict(pair.split('=', 1) for pair in sys.argv[2:])
for entry in read(root + 'streams/v1/index.json')['index'].values():
    if entry.get('format') != 'products:1.0' or entry.get('datatype') != 'image-downloads':
        continue
    for item in flattened(read(root + entry['path'])):
        if all(str(item.get(field)) == value for field, value in wanted.items()):
            print(json.dumps(item))
