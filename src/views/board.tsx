/** What concerns a whole board, folded away: its heat, power, clocks and errors. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Gpu } from '../contract';
import { Unknown } from './reason';

export interface BoardProps {
  gpu: Gpu;
  now: string;
  trans: TranslationBundle;
}

export function BoardView({ gpu, trans }: BoardProps): JSX.Element {
  const { missing } = gpu;
  const facts: [string, string | null, string | undefined][] = [
    [trans.__('Temperature'), celsius(gpu, trans), missing.temperature_c],
    [trans.__('Power'), watts(gpu, trans), missing.power_milliwatts],
    [trans.__('Clock'), clock(gpu, trans), missing.sm_clock_mhz],
    [trans.__('Uncorrected memory errors'), count(gpu.ecc_uncorrected), missing.ecc_uncorrected],
    [trans.__('Sharing'), sharing(gpu, trans), undefined]
  ];
  return (
    <details className="kfnb-Board">
      <summary>{trans.__('Board')}</summary>
      <dl className="kfnb-Facts">
        {facts.map(([name, value, reason]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value ?? <Unknown reason={reason} trans={trans} />}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function celsius({ temperature_c: value }: Gpu, trans: TranslationBundle): string | null {
  return value === null ? null : trans.__('%1 °C', value);
}

function watts(gpu: Gpu, trans: TranslationBundle): string | null {
  const { power_milliwatts: value, power_limit_milliwatts: limit } = gpu;
  if (value === null) {
    return null;
  }
  const shown = Math.round(value / 1000);
  return limit === null
    ? trans.__('%1 W', shown)
    : trans.__('%1 of %2 W', shown, Math.round(limit / 1000));
}

function clock({ sm_clock_mhz: value }: Gpu, trans: TranslationBundle): string | null {
  return value === null ? null : trans.__('%1 MHz', value);
}

function count(value: number | null): string | null {
  return value === null ? null : String(value);
}

function sharing(gpu: Gpu, trans: TranslationBundle): string | null {
  switch (gpu.sharing) {
    case 'exclusive':
      return trans.__('nobody else');
    case 'mig':
      return trans.__('cut into slices');
    case 'time_sliced_or_shared':
      return trans.__('with others');
    case 'mps':
      return trans.__('through MPS');
    case 'unknown':
      return null;
  }
}
