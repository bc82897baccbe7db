/** What a job has to know before the recipes. */
const ground = `In CI imgctl asks nothing, draws nothing and colours nothing: without a terminal a question is exit 2 that names --yes.
A profile needs no file; its fields are variables, secrets among them:

  IMGCTL_PROFILE_PROD_PROVIDER=NAME     one of imgctl providers
  IMGCTL_PROFILE_PROD_<FIELD>=VALUE     its fields: imgctl providers NAME
  IMGCTL_PROFILE=prod                   the profile of all commands of the job

Exit codes are never renumbered (imgctl help exit-codes): 8, 9 and 10 are worth another try, 13 is still running there, the others are not;
15 is no failure of imgctl: an image violates a rule (policy check, inspect --rules).
stdout holds the result alone, so that -o id, or -o json and jq, fill a variable; progress goes to stderr, a line every ten seconds.
A pipe ends as its last command does: take a result into a variable first, so that a failure ends the job without pipefail too.`;

const github = `GitHub Actions:

  env:
    IMGCTL_PROFILE: prod
    IMGCTL_PROFILE_PROD_PROVIDER: NAME
    IMGCTL_PROFILE_PROD_TOKEN: \${{ secrets.CLOUD_TOKEN }}
  steps:
    - run: imgctl profile check
    - run: imgctl inspect disk.qcow2
    - id: image
      run: |
        id=$(imgctl upload disk.qcow2 --name "web-$GITHUB_SHA" --if-exists skip -o id)
        echo "id=$id" >> "$GITHUB_OUTPUT"
    - run: imgctl patch "\${{ steps.image.outputs.id }}" --manage --property commit="$GITHUB_SHA"
    - run: imgctl policy check "web-$GITHUB_SHA" --rules rules.yaml -o sarif > policy.sarif
    - if: github.ref == 'refs/heads/main'
      run: imgctl prune 'web-*' --keep 3 --yes`;

const gitlab = `GitLab CI (the secret is a masked variable of the project, CLOUD_TOKEN):

  image:
    variables:
      IMGCTL_PROFILE: prod
      IMGCTL_PROFILE_PROD_PROVIDER: NAME
      IMGCTL_PROFILE_PROD_TOKEN: env:CLOUD_TOKEN
    script:
      - imgctl profile check
      - imgctl inspect disk.qcow2
      - id=$(imgctl upload disk.qcow2 --name "web-$CI_COMMIT_SHA" --if-exists skip -o id)
      - echo "IMAGE_ID=$id" >> image.env
      - imgctl policy check "web-$CI_COMMIT_SHA" --rules rules.yaml -o junit > policy.xml
    artifacts:
      when: always
      reports:
        dotenv: image.env
        junit: policy.xml
    retry:
      max: 2
      exit_codes: [8, 9, 10]`;

const plain = `Anywhere, with the name of what was made in one variable and a check of what came of it:

  set -e
  id=$(imgctl upload disk.qcow2 --name web -o id)
  imgctl wait "$id" --for active --wait-timeout 10m -q
  imgctl show "$id" -o json | jq -e '.status == "active"'`;

const promotion = `What is tested becomes stable, and what is bad goes back; whoever uses it names web@stable:

  imgctl channel set web@candidate "web-$GITHUB_SHA"
  imgctl channel set web@stable web@candidate --reason "passed $GITHUB_RUN_ID"
  imgctl channel rollback web@stable`;

const desired = `One file for all clouds, in the repository: a merge request shows what it would change, the main branch does it, every night fails on drift:

  imgctl plan -f images.yaml -o markdown >> "$GITHUB_STEP_SUMMARY"
  imgctl apply -f images.yaml --yes
  imgctl plan -f images.yaml --check        # 15: something differs; 12: not everything could be read`;

/** `help ci`: recipes for jobs that nobody watches. */
export const ciHelp = (): string => `${[ground, github, gitlab, plain, promotion, desired].join('\n\n')}\n`;
