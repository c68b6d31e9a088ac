/** What lies behind a row, folded away: processes on the GPU, and its heat, power, clocks, errors. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Gpu, GpuProcess } from '../contract';
import * as units from '../units';
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
    [trans.__('Clock'), clock(gpu.sm_clock_mhz, trans), missing.sm_clock_mhz],
    [trans.__('Memory clock'), clock(gpu.memory_clock_mhz, trans), missing.memory_clock_mhz],
    [trans.__('Kept by the driver'), size(gpu.memory_reserved), missing.memory_reserved],
    [trans.__('Uncorrected memory errors'), count(gpu.ecc_uncorrected), missing.ecc_uncorrected],
    [trans.__('Sharing'), sharing(gpu, trans), missing.memory_others]
  ];
  const held = processes(gpu);
  return (
    <details className="kfnb-Board">
      <summary>
        {held.length
          ? trans._n('Board and %1 process', 'Board and %1 processes', held.length)
          : trans.__('Board')}
      </summary>
      <dl className="kfnb-Facts">
        {held.map(({ process, slice }) => (
          <div key={`${slice} ${process.pid}`}>
            <dt title={process.command}>{title(process, slice, trans)}</dt>
            <dd>
              {size(process.memory) ?? <Unknown reason={process.missing.memory} trans={trans} />}
            </dd>
          </div>
        ))}
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

function clock(value: number | null, trans: TranslationBundle): string | null {
  return value === null ? null : trans.__('%1 MHz', value);
}

function size(value: number | null): string | null {
  return value === null ? null : units.bytes(value);
}

function title(process: GpuProcess, slice: string, trans: TranslationBundle): string {
  const name = trans.__('%1, pid %2', process.name ?? process.command, process.pid);
  return slice ? trans.__('%1, on %2', name, slice) : name;
}

/** With the profile of the slice that each is on. */
function processes(gpu: Gpu): { process: GpuProcess; slice: string }[] {
  const inSlices = gpu.slices.flatMap(slice =>
    slice.processes.map(process => ({ process, slice: slice.profile ?? String(slice.slot) }))
  );
  return [...gpu.processes.map(process => ({ process, slice: '' })), ...inSlices];
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
