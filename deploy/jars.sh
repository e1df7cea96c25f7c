# Read by the scripts beside it, in the project's root: finds Java (see java.sh), and builds what is missing or older than its
# sources.

source deploy/java.sh

# A jar is stale when something it is made of is newer than it.
stale() {
  local module=$1 jar=$1/target/$1.jar
  [[ ! -f $jar || -n $(find pom.xml .mvn common/pom.xml common/src/main "$module/pom.xml" "$module/src/main" \
    -newer "$jar" -type f -print -quit) ]]
}

# Maven's output as one line a module, and a sign of life while it fetches what it has never fetched before.
progress() {
  awk '
    /^\[INFO\] Building .*\[[0-9]+\/[0-9]+\]/ {
      at = $NF; $1 = $2 = $NF = ""; sub(/^ +/, ""); sub(/ [^ ]+ *$/, ""); print "  " at " " $0; fflush()
    }
    /Downloaded from / { if (++fetched % 50 == 0) { print "        " fetched " files fetched"; fflush() } }
    /^\[ERROR\]/ { print; fflush() }'
}

build_stale() {
  local module wanted=()
  for module in gateway publisher-api deploy; do
    if stale "$module"; then
      wanted+=("$module")
    fi
  done
  if [[ ${#wanted[@]} -eq 0 ]]; then
    return
  fi
  if ! command -v mvn >/dev/null; then
    echo "fanfare: mvn is not on the PATH; install Maven, 3.8 or newer." >&2
    exit 1
  fi
  mkdir -p deploy/target/logs
  echo "Building ${wanted[*]}; the first time Maven fetches what it needs, which takes a few minutes."
  if ! mvn -B -DskipTests -Dfanfare.dev -pl "$(IFS=,; echo "${wanted[*]}")" -am package 2>&1 |
    tee deploy/target/logs/build.log | progress; then
    echo "fanfare: the build failed; all it said is in deploy/target/logs/build.log" >&2
    exit 1
  fi
  # What Maven found up to date keeps its old time stamp, and would be asked for again at each start.
  for module in "${wanted[@]}"; do
    touch "$module/target/$module.jar"
  done
}
