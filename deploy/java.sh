# Read by the scripts beside it: finds Java, 17 or newer, and sets $java, $version and $major.

java=java
if [[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/java ]]; then
  java=$JAVA_HOME/bin/java
fi
if ! java=$(command -v "$java"); then
  echo "fanfare: java is not on the PATH; install a JDK, 17 or newer." >&2
  exit 1
fi
# A JDK says its version in a file, which is read faster than a JVM starts.
version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)"/\1/p' \
  "$(dirname "$(dirname "$(readlink -f "$java")")")/release" 2>/dev/null || true)
if [[ -z $version ]]; then
  version=$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p')
fi
major=${version%%[.+-]*}
if [[ ! $major =~ ^[0-9]+$ || $major -lt 17 ]]; then
  echo "fanfare: $java is Java ${version:-of an unknown version}; Fanfare needs a JDK, 17 or newer." >&2
  exit 1
fi
