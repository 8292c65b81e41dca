/** The wizard's steps, and where one is. */
import { makeStyles, Tab, TabList } from "@fluentui/react-components";
import { type Choice, isComplete, type Step, steps } from "./choice.ts";

const names: Readonly<Record<Step, string>> = {
  what: "1. What",
  where: "2. Where",
  how: "3. How",
  check: "4. Check and go",
};

const useStyles = makeStyles({ steps: { overflowX: "auto", flexShrink: 0 } });

interface StepLineProps {
  readonly present: Step;
  readonly choice: Choice;
  readonly onStep: (step: Step) => void;
}

export function StepLine({ present, choice, onStep }: StepLineProps) {
  return (
    <TabList
      className={useStyles().steps}
      aria-label="Steps"
      selectedValue={present}
      onTabSelect={(_, { value }) => {
        const step = steps.find((one) => one === value);
        if (step !== undefined) onStep(step);
      }}
    >
      {steps.map((step, index) => (
        <Tab
          key={step}
          value={step}
          disabled={steps.slice(0, index).some((before) => !isComplete(before, choice))}
        >
          {names[step]}
        </Tab>
      ))}
    </TabList>
  );
}
