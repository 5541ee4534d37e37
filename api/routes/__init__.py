"""The addresses of the service, one module a resource; each calls one use case and shapes its answer."""
