"""A gateway's signing half: keys, the address where they are published, assertions."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "http://gateway.corp.localhost:8000"


class Signer:
    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "a1", "alg": "ES256", "use": "sig"})
        signer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"keys": [signer.key.as_dict(private=False)]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.jwks_url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def assertion(self, audience: str, *, typ: str = "gatehouse-assertion+jwt", **claims) -> str:
        now = int(time.time())
        content = {
            "iss": ISSUER,
            "aud": audience,
            "sub": "5a0c",
            "iat": now,
            "exp": now + 60,
            "name": "Ada Byron",
            "roles": ["deployer"],
            "provider": "corp-oidc",
        } | claims
        header = {"alg": "ES256", "kid": self.key.kid, "typ": typ}
        kept = {name: value for name, value in content.items() if value is not None}
        return jwt.encode(header, kept, self.key)

    def by_a_stranger(self, audience: str) -> str:
        """The same words under the same key id, signed by somebody else."""
        ours = self.key
        self.key = ECKey.generate_key("P-256", {"kid": ours.kid})
        try:
            return self.assertion(audience)
        finally:
            self.key = ours
