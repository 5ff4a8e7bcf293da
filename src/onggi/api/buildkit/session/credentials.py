"""A client's logins at registries: `moby.filesync.v1.Auth/Credentials` (moby/buildkit, session/auth)."""

from __future__ import annotations

from onggi.api.buildkit.grpc.status import UNIMPLEMENTED, CallError
from onggi.api.buildkit.session.calls import ask
from onggi.api.buildkit.session.session import Session
from onggi.api.buildkit.wire.session_pb2 import CredentialsRequest, CredentialsResponse
from onggi.api.wire import auth
from onggi.registry.logins.login import HelperFailed
from onggi.registry.place import DOCKER_ACCOUNT, DOCKER_HOST

METHOD = "/moby.filesync.v1.Auth/Credentials"


def tell(session: Session, account: str) -> str:
    """The client's login for an account, as the text of a config.json; "" for none. Raises HelperFailed where the
    client cannot tell it."""
    host = DOCKER_HOST if account == DOCKER_ACCOUNT else account  # clients are asked by what is connected to
    try:
        answer = ask(session, METHOD, CredentialsRequest(host=host), CredentialsResponse)
    except CallError as error:
        if error.code == UNIMPLEMENTED:
            return ""
        raise HelperFailed(f"the client does not tell its login for {host}: {error.message}") from error
    return auth.config_text({account: _config(answer)})


def _config(answer: CredentialsResponse) -> auth.AuthConfig:
    """Without a name it is an identity token (moby/buildkit, session/auth/authprovider)."""
    if not answer.username:
        return auth.AuthConfig(identity_token=answer.secret)
    return auth.AuthConfig(username=answer.username, password=answer.secret)
