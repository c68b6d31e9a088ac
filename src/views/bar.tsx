/** A share of a whole as a bar. The figures stand beside it as text; the colour only repeats them. */
import * as React from 'react';

export type Level = 'good' | 'high' | 'full';

/** From which share on there is little left, and hardly anything. */
export function levelOf(ratio: number): Level {
  return ratio >= 0.95 ? 'full' : ratio >= 0.8 ? 'high' : 'good';
}

export interface BarProps {
  /** 0..1 */
  ratio: number;
  /** What the bar measures, for those who do not see it. */
  label: string;
  /** The figures, as a sentence. */
  text: string;
}

export function Bar({ ratio, label, text }: BarProps): JSX.Element {
  const share = Math.min(1, Math.max(0, ratio));
  return (
    <div
      className={`kfnb-Bar kfnb-mod-${levelOf(share)}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={text}
    >
      <div className="kfnb-Bar-fill" style={{ width: `${share * 100}%` }} />
    </div>
  );
}
