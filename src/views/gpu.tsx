/** The GPUs of this pod, or why there are none. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Gpu, Gpus, Point, Unavailable } from '../contract';
import * as units from '../units';
import { Meter } from './meter';
import { Reason, Unknown } from './reason';

export interface GpuProps {
  gpus: Gpus | Unavailable;
  points: readonly Point[];
  now: string;
  trans: TranslationBundle;
}

export function GpuView(props: GpuProps): JSX.Element {
  const { gpus, trans } = props;
  if (gpus.kind === 'unavailable') {
    return <Reason reason={gpus.reason} hint={gpus.hint} />;
  }
  return (
    <>
      <ul className="kfnb-List">
        {gpus.gpus.map(gpu => (
          <li key={gpu.uuid}>
            <OneGpu {...props} gpu={gpu} />
          </li>
        ))}
      </ul>
      {gpus.driver_version ? (
        <p className="kfnb-Note">{trans.__('Driver %1', gpus.driver_version)}</p>
      ) : null}
    </>
  );
}

function OneGpu(props: GpuProps & { gpu: Gpu }): JSX.Element {
  const { gpu, points, now, trans } = props;
  const { memory_used: memory, memory_total: total, utilisation, missing } = gpu;
  return (
    <>
      <h4 title={gpu.uuid}>{trans.__('%1: %2', gpu.index, gpu.name)}</h4>
      <Meter
        label={trans.__('Memory')}
        used={memory}
        limit={total}
        text={
          total === null
            ? units.bytes(memory ?? 0)
            : trans.__('%1 of %2', units.bytes(memory ?? 0), units.bytes(total))
        }
        missing={missing.memory_used}
        dots={points.map(p => ({ at: p.taken, value: p.gpus_memory_used[gpu.uuid] ?? null }))}
        now={now}
        format={units.bytes}
        trans={trans}
      />
      <Meter
        label={trans.__('Busy')}
        used={utilisation}
        limit={null}
        text={units.percent(utilisation ?? 0)}
        missing={missing.utilisation}
        dots={points.map(p => ({ at: p.taken, value: p.gpus_utilisation[gpu.uuid] ?? null }))}
        now={now}
        format={units.percent}
        trans={trans}
      />
      <dl className="kfnb-Facts">
        <Fact name={trans.__('Temperature')} reason={missing.temperature_c} trans={trans}>
          {gpu.temperature_c === null ? null : trans.__('%1 °C', gpu.temperature_c)}
        </Fact>
        <Fact name={trans.__('Power')} reason={missing.power_milliwatts} trans={trans}>
          {gpu.power_milliwatts === null
            ? null
            : trans.__('%1 W', Math.round(gpu.power_milliwatts / 1000))}
        </Fact>
      </dl>
      {gpu.mig_enabled ? <p className="kfnb-Note">{trans.__('Divided by MIG.')}</p> : null}
    </>
  );
}

interface FactProps {
  name: string;
  reason: string | undefined;
  children: string | null;
  trans: TranslationBundle;
}

function Fact({ name, reason, children, trans }: FactProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children ?? <Unknown reason={reason} trans={trans} />}</dd>
    </div>
  );
}
