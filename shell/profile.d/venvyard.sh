# shellcheck shell=sh
# /etc/profile.d/venvyard.sh: venvyard's commands in every login shell that can have them. It says nothing, starts no
# process, makes and exports nothing, and cannot fail a login. VENVYARD_PROFILE=no keeps them out.
case ${BASH_VERSION-}${ZSH_VERSION-}${KSH_VERSION-}:${VENVYARD_PROFILE-} in
:* | *:no) ;;
*)
    if [ -r /usr/share/venvyard/profile.sh ]; then
        # Some read this file as if they were sh, and the functions would stay so.
        # shellcheck source=shell/profile.sh
        case ${ZSH_VERSION-} in
        '') . /usr/share/venvyard/profile.sh ;;
        *) emulate zsh -c '. /usr/share/venvyard/profile.sh' ;;
        esac
    fi
    ;;
esac
