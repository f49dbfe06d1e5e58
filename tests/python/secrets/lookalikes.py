"""What stands in variables every day and is no secret, however much it looks like one."""

from __future__ import annotations

import base64
import hashlib
import random
import string
import uuid

LISTED = """
6ba7b810-9dad-11d1-80b4-00c04fd430c8
{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}
urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
01ARZ3NDEKTSV4RRFFQ69G5FAV
507f1f77bcf86cd799439011
sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
d41d8cd98f00b204e9800998ecf8427e
W/"686897696a7c876b7e"
/usr/lib/python3.11/site-packages/django/core/handlers/base.py
/srv/shop/releases/2026-11-27T000914Z/shop/views/Checkout.py
C:\\Program Files\\Python311\\python.exe
C:/Users/Erika/AppData/Local/Temp/tmp8Qk2.txt
~/Library/Caches/Homebrew/downloads/a1b2c3--Node-22.1.0.tar.gz
./node_modules/@babel/core/lib/index.js
s3://shop-media/Products/2026/11/IMG_20261127_001409.jpg
gs://Shop-Backups/2026/db-2026-11-27.sql.gz
arn:aws:lambda:eu-central-1:123456789012:function:CheckoutHandlerV2
arn:aws:iam::123456789012:role/Service-Role/ShopDeployer2
django.contrib.auth.backends.ModelBackend
shop.views.checkout.CheckoutViewV2.post
com.example.shop.CheckoutServiceImpl2
MyProject.Services.Http2.ConnectionPool
getElementsByClassNameNS2
handleCheckoutV2SubmitEvent
XMLHttpRequestEventTarget
UserPreferencesViewModelFactory2
SHOP_MAX_CONCURRENT_CHECKOUTS_V2
shop_order_items_order_id_8f3a_fk
idx_orders_customer_id_created_at_2026
application/vnd.openxmlformats-officedocument.wordprocessingml.document
text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8
Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36
curl/8.5.0
Python-urllib/3.11
multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW
gzip, deflate, br, zstd
max-age=31536000; includeSubDomains; preload
de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7
v1.22.333-beta.4+Build.5678
1.0.0-rc.1+20261127.001409
2026.11.27-alpha3
Django==5.2.19
python3.11-slim-bookworm@sha256:2f1c
registry.example.com/Shop/Web:2026.11.27-rc1
postgres:16.4-alpine3.20
checkout-7d9c6b5f4-x2x8q
shop-web-5f6b7c8d9-abcde.shop.svc.cluster.local
ip-10-0-12-34.eu-central-1.compute.internal
i-0abcd1234ef567890
vpc-0a1b2c3d4e5f67890
subnet-Prod-EuCentral1-Private2
2026-11-27T00:09:14.123456+00:00
2026-11-27 00:09:14,123
Fri, 27 Nov 2026 00:09:14 GMT
20261127T000914Z
P3Y6M4DT12H30M5S
Europe/Berlin
America/Argentina/Buenos_Aires
*/15 0-6,22-23 * * MON-FRI
#ff8800
#1A2B3C4D
rgba(255, 136, 0, 0.75)
linear-gradient(90deg, #ff8800 0%, #1a2b3c 100%)
.btn-primary:hover > .Icon--large2
md:hover:bg-Slate-500/75 focus:ring-2
grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr));
font-family: "Helvetica Neue", Arial, sans-serif
https://shop.example/products/espresso-machine-3000?utm_source=newsletter&utm_campaign=Herbst2026
https://www.youtube.com/watch?v=dQw4w9WgXcQ
https://en.wikipedia.org/wiki/Special:Search?search=Entropy&go=Go
https://shop.example/a/b/c#Section-2.1-Overview
http://localhost:8000/admin/shop/order/42/change/
http://localhost:8080/mail?to=a@b.example
https://github.com/torvalds/linux/commit/1da177e4c3f41524e886b7f1b8a0c1fc7321cac2
https://fonts.googleapis.com/css2?family=Roboto:wght@400;700&display=swap
postgres://shop@db.example:5432/shop
redis://cache.example:6379/0
sqlite:////srv/shop/db.sqlite3
mailto:Erika.Mustermann@example.de
Erika.Mustermann+Newsletter2026@Example.de
192.168.178.42
2001:0db8:85a3:0000:0000:8a2e:0370:7334
fe80::1ff:fe23:4567:890a%eth0
3c:22:fb:9A:0D:1E
+49 (0)30 1234567-89
DE89 3704 0044 0532 0130 00
978-3-16-148410-0
ORD-2026-000123
INV/2026/11/0042-B
RMA#20261127-7731
SKU: KF-3000-BLK-220V
4006381333931
JFK-LHR-2026-11-27-BA178
Donaudampfschifffahrtsgesellschaft
Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz
Kraftfahrzeughaftpflichtversicherung2026
Grundstücksverkehrsgenehmigungszuständigkeit
Straßenbahnhaltestelle Königsplatz
Die Bestellung konnte nicht abgeschlossen werden.
Zahlung über 1.234,56 € ist eingegangen; Lieferung in 3-5 Werktagen.
The quick brown fox jumps over the lazy dog.
Lorem ipsum dolor sit amet, consectetur adipiscing elit
Could not connect to the database after 3 attempts (timeout=5.0s)
IntegrityError: UNIQUE constraint failed: shop_order.number
TypeError: unsupported operand type(s) for +: 'int' and 'str'
SELECT "shop_order"."id", "shop_order"."total" FROM "shop_order" WHERE "shop_order"."id" = 42
INSERT INTO orders (id, total) VALUES (%s, %s) RETURNING id
<div class="Card Card--large" id="order-42"><span>Espresso</span></div>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 2L2 7l10 5"/></svg>
{"id": 42, "total": 12.5, "currency": "EUR", "items": [1, 2, 3]}
{"createdAt": "2026-11-27T00:09:14Z", "status": "PENDING_REVIEW"}
^(?P<year>[0-9]{4})-(?P<month>[0-9]{2})/$
%(asctime)s %(levelname)-8s [%(name)s:%(lineno)d] %(message)s
{0:>12.2f} {1!r:^30}
//*[@id="main"]/div[2]/ul/li[3]/a
body > div:nth-child(2) > ul.Menu-list
function checkout(e) { return e.preventDefault(); }
lambda order: order.total > 100
def test_checkout_V2_with_3_items(self): ...
git@github.com:hogback/Hogback2.git
refs/heads/feature/JIRA-1234-checkout-v2
refs/pull/1234/merge
PROJ-1234: Fix Checkout2 rounding
Co-Working-Space_Berlin-Mitte_2026
Screenshot_2026-11-27_at_00.09.14.png
Invoice_2026-11_Mustermann-Erika_Final(2).pdf
DSC_0042-Edited-2-Web1920x1080.JPG
backup-shop-db-20261127T000914Z.sql.gz
chunk-vendors.4f2a9c1b.js
main.8d1f2e3a.chunk.css.map
index-BX3k9fQz.js
locale/de_DE.UTF-8/LC_MESSAGES/django.mo
en_US.ISO-8859-1
utf-8-sig
zh-Hans-CN
sk-SK
sk-learn-contrib-imbalanced-learn
risk-assessment-report-2026-final-v2
task-force-meeting-notes-2026-11
key-value-store-with-replication-2
pat-a-cake pat-a-cake baker's man
hf_transfer
ghp_
AKIA
npm_config_registry
glpat-
re_compile_pattern_groups
SG.1.2
live_preview_of_the_shop
data_export_2026_11_27
basic knowledge of SQL
a basic introduction
bearer of good news
the standard bearer arrives
Basic 2026
1234567890123456789012345678901234567890
-9223372036854775808
3.141592653589793
1.7976931348623157e+308
0xDEADBEEF
0b1011010111001010
1e-9
12,345,678.90 USD
99.95 €
100%
¯\\_(ツ)_/¯
✅ Deployed 🚀 to Production-EU2
日本語のテキストです
Москва, Красная площадь 1
Ελληνικά κείμενα 2026
aaaaaaaaaaaaaaaaaaaaaaaa
abcdefghijklmnopqrstuvwxyz
ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789
0123456789abcdef
qwertyuiopasdfghjklzxcvbnm
----------------------------------------
================ Summary ================
...
<object object at 0x7f7be941dda0>
<shop.models.Order object at 0x7F7BE941DDA0>
functools.partial(<function f at 0x7f1234567890>, 1)
datetime.datetime(2026, 11, 27, 0, 9, 14, tzinfo=datetime.timezone.utc)
Decimal('12.50')
MAX(CASE WHEN Status='OPEN' THEN 1 ELSE 0 END)
Content-Security-Policy: default-src 'self'; img-src * data:
Set-Cookie: theme=Dark2; Path=/; SameSite=Lax
X-Request-Id: 4bf92f3577b34da6a3ce929d0e0e4736
X-Forwarded-For: 203.0.113.7, 198.51.100.17
Cache-Control: no-cache, no-store, must-revalidate
T-Shirt_Größe-XL_Farbe-Blau_2026
Müller-Lüdenscheidt_Dr.Klöbner_1978
Espressomaschine-DeLonghi-ECAM290.61.B
Sony-WH1000XM5-Noise-Cancelling
iPhone16ProMax-256GB-Titan
Samsung-Galaxy-S25-Ultra-512GB
Bosch-GSR18V-55-Professional
LEGO-Technic-42143-Ferrari-Daytona-SP3
Canon-EF-24-70mm-f/2.8L-II-USM
ISO/IEC-27001:2022-Annex-A.8.24
RFC-9110-Section-15.5.1
CVE-2026-12345
GHSA-xxxx-yyyy-2026
Apache-2.0 WITH LLVM-exception
GPL-3.0-or-later
Q3/2026-Umsatz_DACH-Region
KW48-2026_Mo-Fr
HRB-123456-B_Berlin-Charlottenburg
Hauptstraße-42a_10827-Berlin
ThisIsAPerfectlyOrdinaryIdentifier42
theQuickBrownFox_JumpsOver2LazyDogs
BaseHTTPRequestHandler_handle_one_request_2
OAuth2AuthorizationCodeGrantHandler
"""

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><path d="M1 1h22v22H1z"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


class Maker:
    """Random texts from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - the same each time

    def bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def hex(self, count: int) -> str:
        return "".join(self.random.choices("0123456789abcdef", k=count))


def _made(make: Maker) -> list[str]:
    texts = [str(uuid.UUID(bytes=make.bytes(16))) for _ in range(12)]
    texts += [str(uuid.UUID(bytes=make.bytes(16))).upper() for _ in range(4)]
    for name in ("md5", "sha1", "sha256", "sha512"):
        for _ in range(4):
            digest = hashlib.new(name, make.bytes(8), usedforsecurity=False).hexdigest()
            texts += [digest, f"{name}:{digest}"]
    texts += [f"/srv/shop/static/{make.hex(2)}/{make.hex(12)}/Product-{n}.webp" for n in range(6)]
    texts += [f"req_{make.hex(24)}" for _ in range(4)]
    texts += [f"https://shop.example/orders/{uuid.UUID(bytes=make.bytes(16))}?page={n}" for n in range(6)]
    texts += [f"https://cdn.shop.example/{make.hex(40)}/Main-{n}.js" for n in range(4)]
    texts += [f"Order {n} of customer {make.random.randint(1000, 9999)} is late" for n in range(8)]
    texts += [f"2026-{n:02}-27T0{n % 10}:09:14.{make.random.randint(100000, 999999)}+01:00" for n in range(1, 13)]
    texts += [f"rgb({n}, {2 * n}, {3 * n})" for n in range(3)]
    texts += [f"#{make.hex(6)}" for _ in range(4)]
    texts += [f"{n}.{n + 1}.{n + 2}-rc{n}+g{make.hex(8)}" for n in range(5)]
    texts += [
        f"shop-worker-{make.hex(9)}-{''.join(make.random.choices(string.ascii_lowercase, k=5))}" for _ in range(6)
    ]
    for start in (PNG, b"\xff\xd8\xff\xe0\x00\x10JFIF", b"GIF89a\x18\x00", SVG, b"%PDF-1.7\n", b"PK\x03\x04"):
        image = base64.b64encode(start + make.bytes(90)).decode()
        texts += [image, f"data:image/png;base64,{image}", f'<img src="data:image/png;base64,{image}">']
    return texts


def texts(seed: int = 2026) -> list[str]:
    """Return the corpus."""
    listed = [line.replace("\\\\", "\\") for line in LISTED.strip().splitlines()]
    return [*listed, *_made(Maker(seed))]
