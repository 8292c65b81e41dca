/** Finds a VM, a host or a page by a few letters of its name; Ctrl+K from anywhere. */
import { Combobox, makeStyles, Option, OptionGroup } from "@fluentui/react-components";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useHosts } from "../hosts/host-data.ts";
import { useVms } from "../vms/vm-data.ts";

const shownMax = 8;

const useStyles = makeStyles({
  box: { width: "min(440px, 100%)", minWidth: 0, "& input": { minWidth: 0 } },
});

export function EverythingSearch() {
  const styles = useStyles();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const vms = useVms();
  const hosts = useHosts();
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      box.current?.querySelector("input")?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  const wanted = text.trim().toLowerCase();
  const matches = useMemo(() => {
    const fits = ({ name }: { readonly name: string }) => name.toLowerCase().includes(wanted);
    return {
      vms: vms.filter(fits).slice(0, shownMax),
      hosts: hosts.filter(fits).slice(0, shownMax),
    };
  }, [vms, hosts, wanted]);
  return (
    <Combobox
      root={{ ref: box }}
      className={styles.box}
      freeform
      aria-label="Search VMs and hosts"
      placeholder="Search VMs and hosts (Ctrl+K)"
      value={text}
      selectedOptions={[]}
      onInput={(event) => setText(event.currentTarget.value)}
      onOptionSelect={(_, { optionValue }) => {
        setText("");
        const [kind, name = ""] = (optionValue ?? "").split(" ");
        if (kind === "vm") void navigate({ to: "/vms/$vm", params: { vm: name } });
        if (kind === "host") void navigate({ to: "/hosts/$host", params: { host: name } });
      }}
    >
      {matches.vms.length === 0 ? null : (
        <OptionGroup label="Virtual machines">
          {matches.vms.map(({ id, name, host }) => (
            <Option key={id} value={`vm ${name}`} text={name}>
              {name} on {host}
            </Option>
          ))}
        </OptionGroup>
      )}
      {matches.hosts.length === 0 ? null : (
        <OptionGroup label="Hosts">
          {matches.hosts.map(({ id, name }) => (
            <Option key={id} value={`host ${name}`} text={name}>
              {name}
            </Option>
          ))}
        </OptionGroup>
      )}
    </Combobox>
  );
}
