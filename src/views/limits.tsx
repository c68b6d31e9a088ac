/** The pod's memory and CPU against its own limits; never the node's figures under its name. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Limits, Point, Unavailable } from '../contract';
import * as units from '../units';
import { Meter } from './meter';
import { Reason } from './reason';

export interface LimitsProps {
  limits: Limits | Unavailable;
  points: readonly Point[];
  now: string;
  trans: TranslationBundle;
}

export function LimitsView({ limits, points, now, trans }: LimitsProps): JSX.Element {
  if (limits.kind === 'unavailable') {
    return <Reason reason={limits.reason} hint={limits.hint} />;
  }
  const { memory_working_set: memory, memory_limit, cpu_usage_cores: cpu, missing } = limits;
  return (
    <>
      <Meter
        label={trans.__('Memory')}
        used={memory}
        limit={memory_limit}
        text={outOf(memory, memory_limit, units.bytes, trans)}
        missing={missing.memory_working_set}
        notes={memoryNotes(limits, trans)}
        dots={points.map(p => ({ at: p.taken, value: p.memory_working_set }))}
        now={now}
        format={units.bytes}
        trans={trans}
      />
      <Meter
        label={trans.__('CPU')}
        used={cpu}
        limit={limits.cpu_limit_cores}
        text={cpuText(limits, trans)}
        missing={missing.cpu_usage_cores}
        notes={cpuNotes(limits, trans)}
        dots={points.map(p => ({ at: p.taken, value: p.cpu_usage_cores }))}
        now={now}
        format={value => trans.__('%1 cores', units.cores(value))}
        trans={trans}
      />
    </>
  );
}

function outOf(
  used: number | null,
  limit: number | null,
  format: (value: number) => string,
  trans: TranslationBundle
): string {
  if (used === null) {
    return '';
  }
  return limit === null ? format(used) : trans.__('%1 of %2', format(used), format(limit));
}

function cpuText(limits: Limits, trans: TranslationBundle): string {
  const { cpu_usage_cores: used, cpu_limit_cores: limit } = limits;
  if (used === null) {
    return '';
  }
  return limit === null
    ? trans._n('%2 core', '%2 cores', used, units.cores(used))
    : trans._n('%2 of %3 core', '%2 of %3 cores', limit, units.cores(used), units.cores(limit));
}

function memoryNotes(limits: Limits, trans: TranslationBundle): string[] {
  const notes = [];
  if (limits.memory_limit === null) {
    notes.push(
      limits.missing.memory_limit ??
        (limits.node_memory_total === null
          ? trans.__('No limit is set.')
          : trans.__('No limit set; the node has %1.', units.bytes(limits.node_memory_total)))
    );
  }
  if (limits.oom_kills) {
    notes.push(
      trans._n(
        '%1 process was killed for lack of memory since the container started.',
        '%1 processes were killed for lack of memory since the container started.',
        limits.oom_kills
      )
    );
  }
  for (const kill of limits.kills.slice(0, 3)) {
    notes.push(trans.__('The memory limit took the kernel of %1.', kill.name));
  }
  if (limits.memory_limit_set !== null) {
    const set = units.bytes(limits.memory_limit_set);
    notes.push(trans.__('The limit of %1 is more than the node has: its memory ends first.', set));
  }
  if (limits.memory_high !== null) {
    notes.push(trans.__('From %1 on the system slows it down.', units.bytes(limits.memory_high)));
  }
  if (limits.swap_used) {
    notes.push(trans.__('%1 is swapped out, which is slow.', units.bytes(limits.swap_used)));
  }
  const waited = limits.memory_pressure?.some_60s ?? 0;
  if (waited >= 0.01) {
    notes.push(trans.__('Work waited for memory in %1 of the last minute.', units.percent(waited)));
  }
  return notes;
}

function cpuNotes(limits: Limits, trans: TranslationBundle): string[] {
  const notes = [];
  const { cpu_available_cores: cpus, cpu_throttled_ratio: throttled, processes } = limits;
  if (limits.cpu_limit_cores === null) {
    notes.push(
      limits.missing.cpu_limit_cores ??
        trans._n('No limit set; %1 CPU is available.', 'No limit set; %1 CPUs are available.', cpus)
    );
  }
  if (limits.cpu_usage_cores === null && limits.node_cpu_usage_cores !== null) {
    const node = units.cores(limits.node_cpu_usage_cores);
    notes.push(trans._n('The node uses %2 core.', 'The node uses %2 cores.', Number(node), node));
  }
  if (throttled !== null && throttled >= 0.01) {
    notes.push(trans.__('Held back in %1 of the time: it wanted more.', units.percent(throttled)));
  }
  if (processes !== null) {
    const most = limits.processes_limit;
    notes.push(
      most === null
        ? trans._n('%2 process', '%2 processes', processes, units.count(processes))
        : trans.__('%1 of %2 processes', units.count(processes), units.count(most))
    );
  }
  return notes;
}
