/** One figure: its name, its text, its share as a bar, and its last ten minutes as a line. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { Bar, useLevel } from './bar';
import { type Dot, Line } from './line';
import { Unknown } from './reason';

export interface MeterProps {
  label: string;
  used: number | null;
  /** Null: there is none, so there is no bar. */
  limit: number | null;
  /** The figure in words, when it is known: "3 GiB of 8 GiB". */
  text: string;
  /** Why the figure is not known, when it is not. */
  missing?: string | undefined;
  /** Sentences below the bar. */
  notes?: readonly string[];
  /** Absent: no line is drawn. */
  dots?: readonly Dot[];
  /** ISO 8601 */
  now: string;
  /** A value of the line as text. */
  format: (value: number) => string;
  trans: TranslationBundle;
}

export function Meter(props: MeterProps): JSX.Element {
  const { label, used, limit, text, missing, notes, dots, trans } = props;
  const ratio = used !== null && limit ? used / limit : null;
  const level = useLevel(ratio ?? 0);
  return (
    <div className="kfnb-Meter">
      <div className="kfnb-Meter-head">
        <span className="kfnb-Meter-label">{label}</span>
        <span className="kfnb-Meter-text">
          {used === null ? <Unknown reason={missing} trans={trans} /> : text}
        </span>
      </div>
      {used === null && missing ? (
        // For eyes alone: who listens has heard it in place of the figure.
        <p className="kfnb-Note" aria-hidden="true">
          {missing}
        </p>
      ) : null}
      {ratio !== null ? <Bar ratio={ratio} label={label} text={text} /> : null}
      {level !== 'good' ? (
        <p className={`kfnb-Level kfnb-mod-${level}`}>
          {level === 'full' ? trans.__('Almost nothing left') : trans.__('Little left')}
        </p>
      ) : null}
      {notes?.length ? (
        <div className="kfnb-Note">
          {notes.map(note => (
            <p key={note}>{note}</p>
          ))}
        </div>
      ) : null}
      {dots ? <History {...props} dots={dots} /> : null}
    </div>
  );
}

function History(props: MeterProps & { dots: readonly Dot[] }): JSX.Element | null {
  const { label, dots, now, limit, format, trans } = props;
  const values = dots.flatMap(dot => (dot.value === null ? [] : [dot.value]));
  const most = Math.max(0, ...values);
  if (!most) {
    return null;
  }
  const [low, high] = [format(Math.min(...values)), format(most)];
  const words = trans.__('%1, last ten minutes: between %2 and %3', label, low, high);
  return (
    <figure className="kfnb-History">
      <Line dots={dots} now={now} top={topOf(most, limit)} label={words} />
      <figcaption>
        <span>{trans.__('10 min ago')}</span>
        <span>{trans.__('peak %1', high)}</span>
      </figcaption>
    </figure>
  );
}

/**
 * What the upper edge of the line means: the limit, or as often a half of it as still holds the
 * peak, so that the line agrees with the bar where it matters and shows its shape where not.
 */
function topOf(most: number, limit: number | null): number {
  if (!limit || most > limit) {
    return most * 1.1;
  }
  return limit / 2 ** Math.min(5, Math.floor(Math.log2(limit / most)));
}
