/** A share of a whole as a bar. The figures stand beside it as text; the colour only repeats them. */
import * as React from 'react';
import type { Levels } from '../contract';

export type Level = 'good' | 'high' | 'full';

/** From which share on there is little left, and hardly anything: the site sets it. */
export const SiteLevels = React.createContext<Levels>({ warning: 0.8, alarm: 0.95 });

export function useLevel(ratio: number): Level {
  const { warning, alarm } = React.useContext(SiteLevels);
  return ratio >= alarm ? 'full' : ratio >= warning ? 'high' : 'good';
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
  const level = useLevel(share);
  return (
    <div
      className={`kfnb-Bar kfnb-mod-${level}`}
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
