"""Authlib at the local issuer: discovery, the code grant with PKCE, the ID
token, and refreshing. The page is filled in as a browser without JavaScript
would: its forms are read, and one is sent.

Called with the URL of the local world, whose clock must be the machine's.
"""

import sys
import urllib.parse
from html.parser import HTMLParser

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

(WORLD,) = sys.argv[1:]
CLIENT = "textassistant-desktop"
REDIRECT = "http://localhost:8080/callback"
SCOPE = "openid email profile credits.read user.info"

http = requests.Session()
# A proxy of the machine's environment has no place between the two.
http.trust_env = False


class Forms(HTMLParser):
    """The forms of a page: where they go, their fields and their buttons."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append({"action": attributes["action"], "method": attributes["method"], "fields": {}, "buttons": []})
        elif tag == "input":
            self.forms[-1]["fields"][attributes["name"]] = attributes.get("value", "")
        elif tag == "button":
            self.forms[-1]["buttons"].append((attributes.get("name"), attributes.get("value")))


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def fails(expected, call):
    try:
        call()
    except OAuthError as error:
        equal(error.error, expected)
        return
    raise AssertionError(f"{expected} was expected")


def choose(url, fill):
    """Opens the page and sends the form that `fill` settles; the redirect."""
    page = http.get(url)
    equal(page.status_code, 200)
    parser = Forms()
    parser.feed(page.text)
    form, extra = fill(parser.forms)
    action = urllib.parse.urljoin(url, form["action"])
    headers = {"origin": WORLD}
    answer = http.request(form["method"], action, data={**form["fields"], **extra}, headers=headers, allow_redirects=False)
    equal(answer.status_code, 303)
    return answer.headers["location"]


def the_pro_user(forms):
    form = next(form for form in forms if ("user", "pro-user") in form["buttons"])
    return form, {"user": "pro-user"}


def somebody_new(forms):
    form = next(form for form in forms if "email" in form["fields"])
    return form, {"email": "new@example.org"}


def sign_in(metadata, fill):
    client = OAuth2Session(
        CLIENT,
        redirect_uri=REDIRECT,
        scope=SCOPE,
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
        token_endpoint=metadata["token_endpoint"],
    )
    client.trust_env = False
    verifier, nonce = generate_token(48), generate_token()
    url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    location = choose(url, fill)
    assert location.startswith(REDIRECT + "?"), location
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)
    equal(query["iss"], [WORLD])
    equal(query["state"], [state])
    exchange = lambda: client.fetch_token(authorization_response=location, state=state, code_verifier=verifier)
    token = exchange()
    return client, token, nonce, exchange


def checked(id_token, metadata, nonce):
    keys = KeySet.import_key_set(http.get(metadata["jwks_uri"]).json())
    claims = jwt.decode(id_token, keys, algorithms=metadata["id_token_signing_alg_values_supported"]).claims
    rules = {
        "iss": {"essential": True, "value": metadata["issuer"]},
        "aud": {"essential": True, "value": CLIENT},
        "exp": {"essential": True},
        "auth_time": {"essential": True},
    }
    if nonce:
        rules["nonce"] = {"essential": True, "value": nonce}
    jwt.JWTClaimsRegistry(leeway=5, **rules).validate(claims)
    return claims


def credits(client):
    answer = client.get(f"{WORLD}/api/user/credits")
    equal(answer.status_code, 200)
    return answer.json()


metadata = http.get(f"{WORLD}/.well-known/openid-configuration").json()
equal(metadata["issuer"], WORLD)

client, token, nonce, exchange = sign_in(metadata, the_pro_user)
claims = checked(token["id_token"], metadata, nonce)
equal((claims["sub"], claims["email"], claims["email_verified"]), ("pro-user", "pro@example.com", True))
equal(credits(client)["totalAvailable"], 7000)
print("signed in as the pro user")

first = token["refresh_token"]
refreshed = client.refresh_token(metadata["token_endpoint"])
assert refreshed["refresh_token"] != first, "the refresh token stays"
equal(checked(refreshed["id_token"], metadata, None)["sub"], "pro-user")
equal(credits(client)["totalAvailable"], 7000)
print("refreshed")

fails("invalid_grant", lambda: client.refresh_token(metadata["token_endpoint"], refresh_token=first))
fails("invalid_grant", lambda: client.refresh_token(metadata["token_endpoint"], refresh_token=refreshed["refresh_token"]))
print("an old refresh token ended its family")

client, token, nonce, exchange = sign_in(metadata, somebody_new)
equal(checked(token["id_token"], metadata, nonce)["email"], "new@example.org")
fails("invalid_grant", exchange)
fails("invalid_grant", lambda: client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"]))
print("a code that came again ended what it gave")
