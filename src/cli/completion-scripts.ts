/** What shells have to be told: to ask `ferry complete-words`. Everything else is in src/cli/completion.ts. */

/** The answer that leaves completion to the shell's own of file names. */
export const filesAnswer = ":files";

export const completionScripts = {
  bash: `# ferry completion for bash: source <(ferry completion bash)
_ferry() {
  local IFS=$'\\n' answer
  answer=$(ferry complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ $answer == "${filesAnswer}" ]]; then
    compopt -o default
    COMPREPLY=()
  else
    COMPREPLY=($(compgen -W "$answer" -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _ferry ferry
`,
  zsh: `#compdef ferry
# ferry completion for zsh: source <(ferry completion zsh), after compinit
_ferry() {
  local -a answer
  answer=("\${(@f)$(ferry complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $answer[1] == "${filesAnswer}" ]]; then
    _files
  else
    compadd -a answer
  fi
}
compdef _ferry ferry
`,
  fish: `# ferry completion for fish: ferry completion fish | source
function __ferry_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answer (ferry complete-words -- $words[2..-1] 2>/dev/null)
  if test "$answer" = "${filesAnswer}"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $answer
  end
end
complete -c ferry -f -a '(__ferry_complete)'
`,
} as const;

export type Shell = keyof typeof completionScripts;
