"""One app in one App Store storefront: what its reviews and its ratings are both asked for by."""

from dataclasses import dataclass

from monitor.model import Words
from monitor.sight import Sight

NO_SUCH_APP = Words(
    "拿 App Store 里的应用网址核对 app_id 和 country",
    "Check app_id and country against the app's address in the App Store",
)


@dataclass(frozen=True, kw_only=True)
class Storefront:
    """`country` is the storefront, two letters. There is none for all; a feed each."""

    app_id: str
    country: str = "cn"
    base_url: str = "https://itunes.apple.com"

    def __post_init__(self) -> None:
        if not (self.app_id.isascii() and self.app_id.isdigit()):
            raise ValueError("app_id is not the number in the app's address")
        if not (len(self.country) == 2 and self.country.isascii() and self.country.isalpha()):
            raise ValueError('country is not two letters such as "cn"')

    @property
    def platform(self) -> str:
        return "appstore"

    @property
    def sees(self) -> Sight:
        return Sight.REVIEWS

    @property
    def account(self) -> str:
        return ""
