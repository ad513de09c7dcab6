interface SkeletonProps {
  readonly rows: number;
  /** What is on its way. */
  readonly label: string;
}

/** Stands where rows will be, in their size, so that nothing jumps when they come. */
export function Skeleton({ rows, label }: SkeletonProps) {
  return (
    <div class="skeleton" role="img" aria-label={`Loading ${label}`}>
      {Array.from({ length: rows }, (_, i) => (
        <span key={i} aria-hidden="true" />
      ))}
    </div>
  );
}
