# shellcheck shell=bash disable=SC2034
# For the scripts beside this one, which read it: whose word counts in a folder, and how something is done there as
# that user.
#
# The service's folders belong to the service's user. Whoever has taken the service over can put links, pipes and second
# names of other files there, at any moment and between any two steps. Root would follow them anywhere. So root does
# nothing there: it finds out who is in command of a path, and works as that user, who can lose only what is theirs.

# Variables that the user's command is given; everything else of root's environment stays with root.
KEPT_VARIABLES=" DATABASE_URL DATABASE_URL_FILE LC_ALL ZOOM2DRIVE "

# As many links are followed on the way to one file as the system itself follows.
LINKS_MAX=40

# absolute PATH
absolute() {
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
    esac
}

# in_command ABSOLUTE-PATH: who decides what the path leads to. Sets
#   who     UID:GID of the owner of the first part of it, from / on, that is not root's alone; 0:0 if all of it is
#   base    the folder up to which nobody but root can exchange anything: the user starts from there, for they may not be
#           able to get there by themselves (a container engine keeps its folders shut)
#   inside  the path from there on
# What is missing at its end counts as root's. Whoever is not root can only work as they are.
in_command() {
    local rest=$1 at='' step place uid gid mode links=0
    who=0:0 base=/ inside=$1
    if [ "$(id -u)" != 0 ]; then
        who=$(id -u):$(id -g)
        return
    fi
    while [ -n "$rest" ]; do
        rest=${rest#"${rest%%[!/]*}"}
        step=${rest%%/*}
        rest=${rest#"$step"}
        case $step in
        '' | .) continue ;;
        ..) at=${at%/*}; continue ;;
        esac
        place=$at/$step
        # Of a link, the link itself. Up to here nobody but root can exchange anything.
        read -r uid gid mode < <(stat -c '%u %g %a' -- "$place" 2>/dev/null) || return 0
        if [ "$uid" != 0 ]; then
            base=${at:-/} inside=./$step$rest
            if [ -d "$place" ] && [ ! -L "$place" ]; then base=$place inside=.$rest; fi
            # The user's own group, and never root's.
            gid=$(id -g "$uid" 2>/dev/null) || gid=$(stat -c %g -- "$place")
            [ "$gid" != 0 ] || gid=$uid
            who=$uid:$gid
            return
        fi
        if [ -L "$place" ]; then
            links=$((links + 1))
            [ "$links" -le "$LINKS_MAX" ] || { echo "$1: too many links" >&2; return 1; }
            rest=$(readlink -- "$place")/$rest
            case $rest in /*) at='' ;; esac
            continue
        fi
        # In a sticky folder nobody exchanges what is root's, nor what is another's.
        if [ $((8#$mode & 8#022)) -ne 0 ] && ! { [ -d "$place" ] && [ $((8#$mode & 8#1000)) -ne 0 ]; }; then
            echo "$place is root's, and others may write to it: chmod go-w it, or give it to the service's user" >&2
            return 1
        fi
        at=$place
    done
}

# as_user UID:GID BASE COMMAND...: runs it as that user, from BASE on, with this standard input. Without rights to be
# had, without root's environment, and without the terminal: another process of that user could type into it.
as_user() {
    local uid=${1%:*} gid=${1#*:} base=$2
    shift 2
    if [ "$(id -u)" != 0 ] || [ "$uid" = 0 ]; then
        "$@"
        return
    fi
    (
        local name
        for name in $(compgen -e); do
            case $KEPT_VARIABLES in
            *" $name "*) ;;
            *) export -n "${name?}" ;;
            esac
        done
        export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        cd -- "$base" || exit
        set -o pipefail
        { setsid --wait setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs -- "$@" 2>&1 >&3 3>&- |
            cat >&2 3>&-; } 3>&1 | cat
    )
}
