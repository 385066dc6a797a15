import { CircleX, RotateCw } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button } from "./Button";
import styles from "./States.module.css";

/** What went wrong, why, and what to do next. */
export function ErrorState({
  title,
  why,
  onRetry,
  children,
}: {
  title: string;
  why: string;
  onRetry?: () => void;
  children?: ReactNode;
}) {
  return (
    <div className={styles.state} role="alert">
      <CircleX size={20} className={styles.bad} />
      <h2>{title}</h2>
      <p>{why}</p>
      <div className={styles.actions}>
        {onRetry && (
          <Button onClick={onRetry}>
            <RotateCw size={14} />
            Try again
          </Button>
        )}
        {children}
      </div>
    </div>
  );
}

/** Nothing is here yet: what would be, and the one thing to do about it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={styles.state}>
      {icon && <span className={styles.quiet}>{icon}</span>}
      <h2>{title}</h2>
      <p>{children}</p>
      {action && <div className={styles.actions}>{action}</div>}
    </div>
  );
}

const widths = ["62%", "44%", "71%", "52%", "80%", "38%"];

/** Grey rows in the size of what will come, once waiting has become noticeable. */
export function Skeleton({ rows, label }: { rows: number; label: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.skeleton} role="status" aria-label={label}>
      {shown &&
        Array.from({ length: rows }, (_, i) => <i key={i} style={{ width: widths[i % widths.length] }} />)}
    </div>
  );
}
