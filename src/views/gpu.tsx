/** The GPUs of this pod and their slices: what is used, by whom, or why that is not known. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Gpu, GpuPoint, GpuProcess, Gpus, MigSlice, Unavailable } from '../contract';
import * as units from '../units';
import { BoardView } from './board';
import { HoldersView } from './owners';
import { Meter } from './meter';
import { Reason } from './reason';

export interface GpuActs {
  /** End a process that holds a GPU and belongs to nobody, after a question. */
  end(process: GpuProcess): void;
}

export interface GpuProps {
  gpus: Gpus | Unavailable;
  points: readonly GpuPoint[];
  now: string;
  /** Absent: nothing can be ended from here. */
  acts?: GpuActs | undefined;
  trans: TranslationBundle;
}

/** Less would be said of every pause between two cells. */
const IDLE_S = 60;

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
      <HoldersView {...props} gpus={gpus} />
      {gpus.notes.map(note => (
        <p key={note} className="kfnb-Note">
          {note}
        </p>
      ))}
      {gpus.driver_version ? (
        <p className="kfnb-Note">{trans.__('Driver %1', gpus.driver_version)}</p>
      ) : null}
    </>
  );
}

function OneGpu(props: GpuProps & { gpu: Gpu }): JSX.Element {
  const { gpu, now, trans } = props;
  return (
    <>
      <h4 title={gpu.uuid}>{trans.__('%1: %2', gpu.index, gpu.name)}</h4>
      {alerts(gpu, now, trans).map(text => (
        <p key={text} className="kfnb-Level">
          {text}
        </p>
      ))}
      {gpu.slices.length ? (
        <ul className="kfnb-Slices">
          {gpu.slices.map(slice => (
            <li key={slice.uuid}>
              <h5 title={slice.uuid}>{sliceName(slice, trans)}</h5>
              <Figures {...props} target={slice} busy={slice.activity?.sm ?? null} />
            </li>
          ))}
        </ul>
      ) : (
        <Figures {...props} target={gpu} busy={gpu.utilisation} />
      )}
      <BoardView gpu={gpu} now={now} trans={trans} />
    </>
  );
}

interface FigureProps extends GpuProps {
  target: Gpu | MigSlice;
  busy: number | null;
}

function Figures({ target, busy, points, now, trans }: FigureProps): JSX.Element {
  const { memory_used: memory, memory_total: total, missing, uuid } = target;
  return (
    <>
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
        notes={memoryNotes(target, now, trans)}
        dots={points.map(p => ({ at: p.taken, value: p.memory_used[uuid] ?? null }))}
        now={now}
        format={units.bytes}
        trans={trans}
      />
      <Meter
        label={trans.__('Busy')}
        used={busy}
        limit={null}
        text={units.percent(busy ?? 0)}
        missing={missing.utilisation ?? missing.activity}
        dots={points.map(p => ({ at: p.taken, value: p.utilisation[uuid] ?? null }))}
        now={now}
        format={units.percent}
        trans={trans}
      />
    </>
  );
}

function memoryNotes(target: Gpu | MigSlice, now: string, trans: TranslationBundle): string[] {
  const notes = [];
  const { memory_own: own, held_idle_since: idle } = target;
  const others = 'memory_others' in target ? target.memory_others : null;
  if ('memory_kind' in target && target.memory_kind === 'unified' && target.memory_total !== null) {
    const most = units.bytes(target.memory_total);
    notes.push(trans.__('Together with the programs of the pod it has %1.', most));
  }
  if ('sharing' in target && target.sharing === 'mps') {
    notes.push(trans.__('It is shared through MPS, which may allow you less than all of it.'));
  }
  if (own !== null && others) {
    notes.push(trans.__('Of it %1 are ours, %2 of others.', units.bytes(own), units.bytes(others)));
  }
  if (idle !== null && units.between(idle, now) >= IDLE_S) {
    const since = units.duration(units.between(idle, now), trans);
    const names = [...new Set(target.processes.map(one => one.name ?? one.command))].join(', ');
    notes.push(trans.__('Held by %1, but nothing has computed for %2.', names, since));
  }
  return notes;
}

function alerts(gpu: Gpu, now: string, trans: TranslationBundle): string[] {
  const texts = [];
  if (gpu.state !== 'ok') {
    texts.push(gpu.missing.memory_used ?? trans.__('This GPU does not answer.'));
  }
  if (gpu.throttling?.length) {
    texts.push(trans.__('Held back: %1.', gpu.throttling.join(', ')));
  }
  if (gpu.xid !== null) {
    const when = gpu.xid_at ? units.moment(gpu.xid_at, now) : '';
    texts.push(trans.__('The driver told of error %1 (Xid) at %2.', gpu.xid, when));
  }
  return texts;
}

function sliceName(slice: MigSlice, trans: TranslationBundle): string {
  const name = slice.profile ?? trans.__('slot %1', slice.slot);
  return slice.multiprocessors === null
    ? trans.__('Slice %1', name)
    : trans.__('Slice %1, %2 multiprocessors', name, slice.multiprocessors);
}
