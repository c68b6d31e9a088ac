/** What the namespace has left: a bar for each line of its quotas. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { QuotaLine } from '../contract';
import * as units from '../units';
import { Meter } from './meter';

export interface LeftProps {
  quotas: readonly QuotaLine[];
  trans: TranslationBundle;
}

export function Left({ quotas, trans }: LeftProps): JSX.Element | null {
  return quotas.length ? (
    <ul className="kfnb-List" aria-label={trans.__('What the namespace has left')}>
      {quotas.map(line => (
        <li key={`${line.quota} ${line.resource}`} title={line.text}>
          <Line line={line} trans={trans} />
        </li>
      ))}
    </ul>
  ) : null;
}

function Line({ line, trans }: { line: QuotaLine; trans: TranslationBundle }): JSX.Element {
  const { name, used, hard, left } = line;
  const format = (value: number): string => figure(line, value);
  return (
    <Meter
      label={name}
      used={used}
      limit={hard}
      text={trans.__('%1 of %2, %3 left', format(used ?? 0), format(hard), format(left ?? 0))}
      missing={line.text}
      now=""
      format={format}
      trans={trans}
    />
  );
}

function figure({ unit }: QuotaLine, value: number): string {
  return { bytes: units.bytes, cores: units.cores, count: String }[unit](value);
}
