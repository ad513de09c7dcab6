import { byId, setText } from "./dom.ts";

/** The answer of `POST /plays` to one play. */
interface PlayAnswer {
  readonly error?: { readonly message: string; readonly field?: string };
}

const requestTimeoutMs = 10_000;

/** The form that adds a play. What is wrong is the server's word, shown at its field. */
export class PlayForm {
  readonly #form = byId("play-form", HTMLFormElement);
  readonly #button = this.#form.querySelector("button");
  readonly #result = byId("form-result", HTMLElement);

  start(): void {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#form.addEventListener("input", ({ target }) => {
      if (target instanceof HTMLInputElement) showFieldError(target, "");
    });
  }

  async #submit(): Promise<void> {
    this.#tell("", "");
    for (const input of this.#inputs()) showFieldError(input, "");
    if (this.#button) this.#button.disabled = true;
    try {
      await this.#send();
    } catch {
      this.#tell("The server is away. Nothing was added.", "error");
    } finally {
      if (this.#button) this.#button.disabled = false;
    }
  }

  async #send(): Promise<void> {
    const response = await fetch("/plays", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(this.#play()),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (response.ok) {
      this.#tell("Added. It counts with the next epoch.", "");
      return;
    }
    const { error }: PlayAnswer = await response.json();
    const input = this.#inputs().find(({ name }) => name === error?.field);
    const message = error?.message ?? "The play was refused.";
    if (input === undefined) {
      this.#tell(message, "error");
      return;
    }
    // The message starts with the field's name, and here the field itself says which it is.
    showFieldError(
      input,
      message.startsWith(`${input.name}: `) ? message.slice(input.name.length + 2) : message,
    );
    input.focus();
  }

  /** The play as it is typed; what is no number goes out as text, for the server to refuse. */
  #play(): object {
    const value = (id: string) => byId(id, HTMLInputElement).value.trim();
    const seconds = value("seconds");
    const heardMs = Math.round(Number(seconds) * 1000);
    const isNumber = seconds !== "" && Number.isFinite(heardMs);
    return {
      event_id: crypto.randomUUID(),
      user_id: value("user"),
      track: { artist: value("artist"), ...(value("title") === "" ? {} : { title: value("title") }) },
      started_at: Date.now(),
      ...(seconds === "" ? {} : { ms_played: isNumber ? heardMs : seconds }),
      client: "dashboard",
    };
  }

  #inputs(): HTMLInputElement[] {
    return [...this.#form.querySelectorAll("input")];
  }

  #tell(text: string, kind: "" | "error"): void {
    this.#result.dataset["kind"] = kind;
    setText(this.#result, text);
  }
}

function showFieldError(input: HTMLInputElement, text: string): void {
  setText(byId(`${input.id}-error`, HTMLElement), text);
  if (text === "") input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
}
