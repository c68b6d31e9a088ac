/** Who holds GPU memory: each notebook, each program, and what is nobody's, with a way to end it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Framework, GpuHolder, GpuProcess, Gpus } from '../contract';
import * as units from '../units';
import type { GpuActs } from './gpu';
import { Unknown } from './reason';

export interface HoldersProps {
  gpus: Gpus;
  now: string;
  acts?: GpuActs | undefined;
  trans: TranslationBundle;
}

export function HoldersView(props: HoldersProps): JSX.Element | null {
  const { gpus, trans } = props;
  if (!gpus.holders.length) {
    return null;
  }
  return (
    <details className="kfnb-Holders" open={gpus.holders.some(one => one.kind === 'orphan')}>
      <summary>{trans.__('Who holds the GPUs (%1)', gpus.holders.length)}</summary>
      <ul className="kfnb-List">
        {gpus.holders.map(holder => (
          <li key={`${holder.kind} ${holder.pids.join(' ')}`}>
            <Holder {...props} holder={holder} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Holder(props: HoldersProps & { holder: GpuHolder }): JSX.Element {
  const { gpus, holder, acts, trans } = props;
  const ended = processes(gpus).filter(one => one.can_end && holder.pids.includes(one.pid));
  return (
    <div className="kfnb-Meter">
      <div className="kfnb-Meter-head">
        <span className="kfnb-Meter-label">{name(holder, trans)}</span>
        <span className="kfnb-Meter-text">
          {memory(holder, trans) ?? <Unknown reason={holder.missing.memory} trans={trans} />}
        </span>
      </div>
      {holder.memory === null && holder.missing.memory ? (
        // For eyes alone: who listens has heard it in place of the figure.
        <p className="kfnb-Note" aria-hidden="true">
          {holder.missing.memory}
        </p>
      ) : null}
      <div className="kfnb-Note">
        {notes(props).map(note => (
          <p key={note}>{note}</p>
        ))}
      </div>
      {acts
        ? ended.map(process => (
            <button
              key={process.pid}
              type="button"
              className="kfnb-Button"
              onClick={() => acts.end(process)}
            >
              {trans.__('End process %1…', process.pid)}
            </button>
          ))
        : null}
    </div>
  );
}

function name(holder: GpuHolder, trans: TranslationBundle): string {
  return holder.kind === 'orphan' ? trans.__('Left behind: %1', holder.name) : holder.name;
}

function memory(holder: GpuHolder, trans: TranslationBundle): string | null {
  if (holder.memory === null) {
    return null;
  }
  const shown = units.bytes(holder.memory);
  return holder.confidence === 'lower_bound' ? trans.__('at least %1', shown) : shown;
}

function notes({ gpus, holder, now, trans }: HoldersProps & { holder: GpuHolder }): string[] {
  const texts = [trans.__('On GPU %1, pid %2', places(gpus, holder), holder.pids.join(', '))];
  if (holder.kind === 'orphan') {
    texts.push(trans.__('What started it has ended; it belongs to no kernel or terminal.'));
  }
  if (holder.utilisation !== null) {
    texts.push(trans.__('Busy %1', units.percent(holder.utilisation)));
  }
  if (holder.idle_since !== null) {
    const idle = units.duration(units.between(holder.idle_since, now), trans);
    texts.push(trans.__('Has not computed for %1', idle));
  }
  if (holder.visible_devices !== null) {
    texts.push(trans.__('It sees CUDA_VISIBLE_DEVICES=%1', holder.visible_devices));
  }
  return [...texts, ...holder.frameworks.map(one => framework(one, trans))];
}

function framework(one: Framework, trans: TranslationBundle): string {
  const used = units.bytes(one.allocated);
  return one.reserved === null
    ? trans.__('%1 on %2: %3 allocated', one.name, one.device, used)
    : trans.__(
        '%1 on %2: %3 allocated, %4 reserved',
        one.name,
        one.device,
        used,
        units.bytes(one.reserved)
      );
}

/** "0", and "0 (1g.5gb)" for a slice of it. */
function places(gpus: Gpus, holder: GpuHolder): string {
  const here = (held: readonly GpuProcess[]) => held.some(one => holder.pids.includes(one.pid));
  const found = gpus.gpus.flatMap(gpu => [
    ...(here(gpu.processes) ? [String(gpu.index)] : []),
    ...gpu.slices
      .filter(slice => here(slice.processes))
      .map(slice => `${gpu.index} (${slice.profile ?? slice.slot})`)
  ]);
  return found.join(', ');
}

function processes(gpus: Gpus): GpuProcess[] {
  return gpus.gpus.flatMap(gpu => [
    ...gpu.processes,
    ...gpu.slices.flatMap(slice => slice.processes)
  ]);
}
