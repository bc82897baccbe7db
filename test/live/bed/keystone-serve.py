"""Serves Keystone at HOST PORT, under / and under /keystone. It is a WSGI application and no server; Werkzeug is one of its
dependencies."""
import sys
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server
host, port = sys.argv[1], int(sys.argv[2])
del sys.argv[1:]
from keystone.server.wsgi import initialize_public_application
app = initialize_public_application()
class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
make_server(host, port, DispatcherMiddleware(app, {"/keystone": app}), threaded=True, request_handler=Handler).serve_forever()
