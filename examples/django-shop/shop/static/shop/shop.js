// Buttons ask the shop with fetch, so that each click carries posthog-js's tracing headers;
// without this script the same forms and links work as plain navigations, which carry none.

const note = document.getElementById("note");

function say(message, bad) {
  note.textContent = message;
  note.classList.toggle("bad", bad);
}

async function ask(address, options) {
  const response = await fetch(address, { ...options, headers: { Accept: "application/json" } });
  if (response.headers.get("Content-Type")?.startsWith("text/csv")) {
    return { ok: response.ok, text: await response.text() };
  }
  const answer = await response.json().catch(() => ({}));
  return { ok: response.ok, message: answer.message ?? `The shop answered ${response.status}.`, ...answer };
}

async function act(element, address, options) {
  const answer = await ask(address, options);
  if (answer.cart_count !== undefined) {
    document.getElementById("cart-count").textContent = answer.cart_count;
  }
  if (answer.text !== undefined) {
    document.getElementById(element.dataset.into).textContent = answer.text;
    say("Exported.", false);
    return;
  }
  say(answer.message, !answer.ok);
  if (answer.ok && element.dataset.then) {
    window.location.assign(element.dataset.then);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-fetch]");
  if (form) {
    event.preventDefault();
    void act(form, form.action, { method: "POST", body: new FormData(form) });
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fetch]");
  if (link) {
    event.preventDefault();
    void act(link, link.href, {});
  }
});
