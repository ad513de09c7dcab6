import { useRef, useState } from "preact/hooks";
import { type FieldTexts, noTexts, type PlayField, playFields, playOf } from "../lib/play-fields.ts";
import { usePage } from "../state/page.ts";
import { waitUntilCounted } from "../state/wait-until-counted.ts";
import { AddressLink } from "./address-link.tsx";
import { TokenForm } from "./token-form.tsx";

type Outcome =
  | { readonly kind: "none" | "sending" | "added" }
  | { readonly kind: "counted"; readonly afterMs: number; readonly listener: string }
  | { readonly kind: "uncertain"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string; readonly field: string | undefined }
  | { readonly kind: "token"; readonly reason: string };

/** A play by hand. What is wrong with it is the server's word, shown at its field. */
export function PlayForm() {
  const { api, config } = usePage();
  const [texts, setTexts] = useState<FieldTexts>(noTexts);
  const [outcome, setOutcome] = useState<Outcome>({ kind: "none" });
  const form = useRef<HTMLFormElement>(null);

  const submit = async (): Promise<void> => {
    setOutcome({ kind: "sending" });
    const play = playOf(texts, Date.now(), crypto.randomUUID());
    const answer = await api.post("/plays", play);
    if (answer.ok) {
      setOutcome({ kind: "added" });
      const counted = await waitUntilCounted(api, play.user_id, play.started_at, config.profileTickMs);
      setOutcome(
        typeof counted === "number"
          ? { kind: "counted", afterMs: counted, listener: play.user_id }
          : { kind: "uncertain", reason: counted },
      );
      return;
    }
    const { status, message, field } = answer.error;
    if (status === 401) return setOutcome({ kind: "token", reason: message });
    const atField = playFields.find(({ wireNames }) => wireNames.includes(field ?? ""));
    setOutcome({ kind: "refused", reason: withoutField(message, field), field: atField?.name });
    if (atField !== undefined) form.current?.querySelector<HTMLElement>(`[name="${atField.name}"]`)?.focus();
  };

  return (
    <>
      {outcome.kind === "token" && <TokenForm reason={outcome.reason} onToken={() => void submit()} />}
      <form
        ref={form}
        class="play-form"
        noValidate
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {playFields.map((field) => (
          <Field
            key={field.name}
            field={field}
            text={texts[field.name]}
            error={outcome.kind === "refused" && outcome.field === field.name ? outcome.reason : ""}
            onInput={(text) => {
              setTexts({ ...texts, [field.name]: text });
              if (outcome.kind === "refused") setOutcome({ kind: "none" });
            }}
          />
        ))}
        <div class="actions">
          <button type="submit" class="button" disabled={outcome.kind === "sending"}>
            Add play
          </button>
          <p class="result" role="status" data-kind={outcome.kind}>
            <OutcomeText outcome={outcome} />
          </p>
        </div>
      </form>
    </>
  );
}

interface FieldProps {
  readonly field: PlayField;
  readonly text: string;
  readonly error: string;
  readonly onInput: (text: string) => void;
}

function Field({ field, text, error, onInput }: FieldProps) {
  const { name, label, placeholder, isNumber, isWide } = field;
  const id = `play-${name}`;
  return (
    <div class="field" data-wide={isWide}>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        value={text}
        inputMode={isNumber === true ? "decimal" : undefined}
        placeholder={placeholder}
        aria-invalid={error !== ""}
        aria-describedby={`${id}-error`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <p class="field-error" id={`${id}-error`}>
        {error}
      </p>
    </div>
  );
}

function OutcomeText({ outcome }: { readonly outcome: Outcome }) {
  if (outcome.kind === "sending") return <>Sending…</>;
  if (outcome.kind === "added") return <>Added. It counts with the next epoch.</>;
  if (outcome.kind === "uncertain") return <>Added. {outcome.reason}</>;
  if (outcome.kind === "refused" && outcome.field === undefined) return <>Not added: {outcome.reason}.</>;
  if (outcome.kind !== "counted") return undefined;
  return (
    <>
      Counted, {(outcome.afterMs / 1000).toFixed(1)} s after it was added.{" "}
      <AddressLink to={{ view: "listener", listener: outcome.listener }}>See the listener</AddressLink>
    </>
  );
}

/** The message starts with the field's name, and beside the field that is known. */
const withoutField = (message: string, field: string | undefined): string =>
  field !== undefined && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
