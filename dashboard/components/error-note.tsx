interface ErrorNoteProps {
  readonly title: string;
  readonly reason: string;
  readonly onRetry: () => void;
}

/** Something that could not be shown, why, and the way to try again. */
export function ErrorNote({ title, reason, onRetry }: ErrorNoteProps) {
  return (
    <div class="note" role="alert">
      <p>
        <strong>{title}:</strong> {reason}.
      </p>
      <button type="button" class="button quiet" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
