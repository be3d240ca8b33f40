// Generated from schema/ by scripts/generate.mjs; never edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An active standby pair of TimesTen databases, or a set of independent ones. */
        TimesTenClassic: {
            /** @description What is wanted. */
            spec: {
                /** @description Settings of TimesTen and of its management. A change acts at once (live), as Pods are made anew (next Pod), never (none), or is refused (fixed). */
                ttspec: {
                    /** @description Image of TimesTen; a change of this text starts an upgrade. Required. Change live. */
                    image: string;
                    /**
                     * @description When the image is pulled. Default IfNotPresent. Change next Pod.
                     * @enum {string}
                     */
                    imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
                    /** @description Name of one docker-config Secret for pulling the image. Default none. Change next Pod. */
                    imagePullSecret?: string;
                    /**
                     * @description Who replaces the Pods in an upgrade: auto, the operator; manual, the user, by deleting them. Default auto, written into the object. Change live.
                     * @enum {string}
                     */
                    imageUpgradeStrategy?: "auto" | "manual" | "Auto" | "Manual";
                    /**
                     * Format: int32
                     * @description Seconds a replaced Pod may stay down before the upgrade has failed; 0: no limit. Default 600. Change live.
                     */
                    upgradeDownPodTimeout?: number;
                    /** @description A new value clears the state of a failed upgrade. Default none. Change live. */
                    resetUpgradeState?: string;
                    /** @description StorageClass of the volume /tt, and of /ttlog unless logStorageClassName is given. Required. Change fixed. */
                    storageClassName: string;
                    /** @description Size of the volume /tt, a quantity. Default 50Gi. Change fixed, but for growth. */
                    storageSize?: string;
                    /** @description Label selector for the persistent volumes. Default none. Change fixed. */
                    storageSelector?: {
                        /** @description Labels that a volume must have. */
                        matchLabels?: {
                            [key: string]: string;
                        };
                        /** @description Conditions on its labels. */
                        matchExpressions?: {
                            /** @description Name of the label. */
                            key: string;
                            /**
                             * @description What must be so.
                             * @enum {string}
                             */
                            operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                            /** @description Values for In and NotIn. */
                            values?: string[];
                        }[];
                    };
                    /** @description StorageClass of /ttlog. Default storageClassName. Change fixed. */
                    logStorageClassName?: string;
                    /** @description Size of the volume /ttlog for transaction logs, a quantity; without it there is none. Default none. Change fixed, but for growth. */
                    logStorageSize?: string;
                    /** @description Label selector for the persistent volumes. Default none. Change fixed. */
                    logStorageSelector?: {
                        /** @description Labels that a volume must have. */
                        matchLabels?: {
                            [key: string]: string;
                        };
                        /** @description Conditions on its labels. */
                        matchExpressions?: {
                            /** @description Name of the label. */
                            key: string;
                            /**
                             * @description What must be so.
                             * @enum {string}
                             */
                            operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                            /** @description Values for In and NotIn. */
                            values?: string[];
                        }[];
                    };
                    /** @description ConfigMaps whose keys become the files of /ttconfig (db.ini, adminUser, schema.sql, ...). Default none. Change fixed. */
                    dbConfigMap?: string[];
                    /** @description Secrets whose keys become files of /ttconfig, after those of dbConfigMap. Default none. Change fixed. */
                    dbSecret?: string[];
                    /**
                     * @description A pair, or independent databases. Default activeStandbyPair. Change fixed.
                     * @enum {string}
                     */
                    replicationTopology?: "activeStandbyPair" | "none";
                    /**
                     * Format: int32
                     * @description Number of independent databases (replicationTopology none). Default 1. Change live.
                     */
                    replicas?: number;
                    /**
                     * Format: int32
                     * @description Of independent databases only this ordinal and higher are upgraded. Default 0. Change live.
                     */
                    rollingUpdatePartition?: number;
                    /** @description Accepted for compatibility; the product ignores it too. Default none. Change none. */
                    updateStrategy?: {
                        /**
                         * @description Without effect.
                         * @enum {string}
                         */
                        type?: "RollingUpdate" | "OnDelete";
                        /** @description Without effect. */
                        rollingUpdate?: {
                            /**
                             * Format: int32
                             * @description Without effect.
                             */
                            partition?: number;
                            /** @description Without effect. */
                            maxUnavailable?: number | string;
                        };
                    };
                    /** @description Read-only subscribers of a pair. Not yet effective. Default none. Change none. */
                    subscribers?: {
                        /**
                         * Format: int32
                         * @description Number of subscribers.
                         */
                        replicas?: number;
                        /**
                         * Format: int32
                         * @description The most there can ever be.
                         */
                        maxReplicas?: number;
                        /** @description Name of their StatefulSet. */
                        name?: string;
                        /** @description In place of spec.template. */
                        template?: {
                            [key: string]: unknown;
                        };
                    };
                    /**
                     * Format: int32
                     * @description TCP port of replication. Default 4444. Change fixed.
                     */
                    repPort?: number;
                    /** @description Whole replication statement; {{tt-name}}, {{tt-node-0}}, {{tt-node-1}}, {{tt-rep-port}} and others are filled in. Default generated. Change fixed. */
                    repCreateStatement?: string;
                    /** @description What a commit waits for. Default NO RETURN. Change fixed. */
                    repReturnServiceAttribute?: string;
                    /** @description Attributes of each store clause. Default PORT <repPort> FAILTHRESHOLD 0. Change fixed. */
                    repStoreAttribute?: string;
                    /** @description Cipher suites of encrypted replication, separated by commas. Not yet effective. Default none. Change fixed. */
                    replicationCipherSuite?: string;
                    /**
                     * Format: int32
                     * @description 1: refuse replication that is not encrypted. Not yet effective. Default 0. Change fixed.
                     */
                    replicationSSLMandatory?: number;
                    /**
                     * @description When both databases are down: Best, go on with the one that has everything; Manual, wait for a person. Default Best. Change live.
                     * @enum {string}
                     */
                    bothDownBehavior?: "Best" | "Manual";
                    /**
                     * Format: int32
                     * @description Seconds; of 18.1.4.11 only. Default none. Change none.
                     */
                    waitingForActiveTimeout?: number;
                    /**
                     * Format: int32
                     * @description Most seconds between two looks at everything; news are acted on at once. Default 5. Change live.
                     */
                    pollingInterval?: number;
                    /**
                     * Format: int32
                     * @description Where given, a silent agent's Pod counts as down, and a silent active is replaced, only after so many seconds. Default none. Change live.
                     */
                    unreachableTimeout?: number;
                    /**
                     * Format: int32
                     * @description L of docs/fencing.md: so many seconds an active that nobody hears may go on writing; its standby takes over about 1.1 times (L + 1) seconds after the silence began. Default 6. Change live, the pair is formed anew.
                     */
                    writePermissionSeconds?: number;
                    /** @description true: an active whose standby died while no operator was there goes on alone, for which its Pods get a Role for this object's record. false: it closes until an operator is back. Default false. Change live. */
                    writerMayClaimSolo?: boolean;
                    /**
                     * Format: int32
                     * @description Seconds a replication state such as RECOVERING is borne. Default 30. Change live.
                     */
                    repStateTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; older spelling of agentTcpTimeout. Default none. Change none.
                     */
                    agentTCPTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds for a TCP connection to an agent; the operator's sessions have a deadline of their own. Default 10. Change none.
                     */
                    agentTcpTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; older spelling of agentTlsTimeout. Default none. Change none.
                     */
                    agentTLSTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds for a TLS handshake with an agent; the operator's sessions have a deadline of their own. Default 10. Change none.
                     */
                    agentTlsTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds for a short command to an agent; 0: no limit. Default 60. Change live.
                     */
                    agentGetTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds for a long command unless agentAsyncTimeout is given; 0: no limit. Default 600. Change live.
                     */
                    agentPostTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds for long tasks such as a duplicate. Default agentPostTimeout. Change live.
                     */
                    agentAsyncTimeout?: number;
                    /** @description Container daemonlog, which prints TimesTen's log. Default true. Change next Pod. */
                    daemonLogSidecar?: boolean;
                    /** @description Exporter sidecar. Not yet effective. Default none. Change none. */
                    prometheus?: {
                        /** @description Whether the exporter runs. Default true. */
                        publish?: boolean;
                        /**
                         * Format: int32
                         * @description Its port.
                         * @default 8888
                         */
                        port?: number;
                        /**
                         * @description true: http; false: https with certificates on both sides.
                         * @default false
                         */
                        insecure?: boolean;
                        /** @description Secret with key cwallet.sso. */
                        certSecret?: string;
                        /**
                         * Format: int32
                         * @description Requests per minute. Default 10.
                         */
                        limitRate?: number;
                        /**
                         * @description Whether a PodMonitor is made.
                         * @default true
                         */
                        createPodMonitors?: boolean;
                    };
                    /** @description Clean up in the Oracle database when the object is deleted. Not yet effective. Default true. Change none. */
                    cacheCleanup?: boolean;
                    /** @description A new value suspends management. Default none. Change live. */
                    stopManaging?: string;
                    /** @description A new value in ManualInterventionRequired resumes management. Default none. Change live. */
                    reexamine?: string;
                    /**
                     * Format: int32
                     * @description Percent of its memory from which a container is warned about. Not yet effective. Default 90. Change none.
                     */
                    memoryWarningPercent?: number;
                    /** @description Database in pages of 2 MiB. Default false. Change next Pod. */
                    useHugePages?: boolean;
                    /** @description Whether the memory of tt is computed; false: the template's resources. Default true. Change next Pod. */
                    automaticMemoryRequests?: boolean;
                    /** @description Shared memory of the database, a quantity such as 2Gi. Default by db.ini. Change next Pod. */
                    databaseMemorySize?: string;
                    /** @description Memory for the daemon and its processes, a quantity. Default 2Gi. Change next Pod. */
                    additionalMemoryRequest?: string;
                    /** @description CPU of tt, a quantity such as 500m; request and limit. Default none. Change next Pod. */
                    databaseCPURequest?: string;
                    /** @description Memory of daemonlog, a quantity; request and limit. Default 20Mi, request only. Change next Pod. */
                    daemonLogMemoryRequest?: string;
                    /** @description CPU of daemonlog, a quantity; request and limit. Default 100m, request only. Change next Pod. */
                    daemonLogCPURequest?: string;
                    /** @description Memory of the exporter, a quantity. Not yet effective. Default 200Mi. Change none. */
                    exporterMemoryRequest?: string;
                    /** @description CPU of the exporter, a quantity. Not yet effective. Default 200m. Change none. */
                    exporterCPURequest?: string;
                    /** @description true: only the active Pod of a pair is Ready. Default false. Change next Pod. */
                    createASReadinessProbe?: boolean;
                    /** @description Root file systems of TimesTen's containers cannot be written. Default false. Change next Pod. */
                    readOnlyRootFilesystem?: boolean;
                    /**
                     * Format: int32
                     * @description Seconds a Pod has to shut down. Default 30. Change next Pod.
                     */
                    terminationGracePeriod?: number;
                    /**
                     * Format: int32
                     * @description Seconds after which the volumes of a lost node are given up. Not yet effective. Default off. Change none.
                     */
                    deleteDbOnNotReadyNode?: number;
                    /** @description Operator-made certificates for encrypted client connections. Not yet effective. Default none. Change none. */
                    clientTLS?: {
                        /** @description Whether the operator makes them. Default false. */
                        auto?: boolean;
                        /** @description Comma list. Default SSL_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. */
                        ciphersuites?: string;
                        /**
                         * @description Elliptic curve. Default p384.
                         * @enum {string}
                         */
                        eccurve?: "p256" | "p384" | "p521";
                        /** @description For example required. */
                        encryption?: string;
                        /** @description For example ecdsasha384. */
                        signAlg?: string;
                        /**
                         * Format: int32
                         * @description Days.
                         */
                        validity?: number;
                    };
                    /** @description Certificates of one's own authority for client connections. Not yet effective. Default none. Change none. */
                    customClientTLS?: {
                        /** @description Comma list. */
                        ciphersuites?: string;
                    };
                    /**
                     * @description Accepted for compatibility; the product ignores it too. Default none. Change none.
                     * @enum {string}
                     */
                    arch?: "amd64" | "arm64";
                    /** @description Internal to the product. Default none. Change none. */
                    zzTestInfo?: string;
                    /**
                     * Format: int32
                     * @description Internal to the product. Default none. Change none.
                     */
                    zzAgentDebugInfo?: number;
                };
                /** @description Additions to the Pods, as a PodTemplateSpec. Default none. Change next Pod. */
                template?: {
                    [key: string]: unknown;
                };
                /** @description Further PersistentVolumeClaims for containers of the template. Default none. Change fixed. */
                volumeClaimTemplates?: {
                    [key: string]: unknown;
                }[];
            };
            /** @description Written by the operator alone. */
            status?: {
                statusVersion?: string;
                /** Format: int64 */
                observedGeneration?: number;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                lastReconcile?: number;
                lastReconcilingOperator?: string;
                /** @enum {string} */
                highLevelState?: "Initializing" | "Normal" | "ActiveDown" | "ActiveTakeover" | "StandbyDown" | "StandbyStarting" | "StandbyCatchup" | "BothDown" | "WaitingForActive" | "ConfiguringActive" | "OneDown" | "ManualInterventionRequired" | "Reexamine" | "Failed" | "AllReplicasReady" | "SomeReplicasReady" | "NoReplicasReady" | "";
                /** @enum {string} */
                prevHighLevelState?: "Initializing" | "Normal" | "ActiveDown" | "ActiveTakeover" | "StandbyDown" | "StandbyStarting" | "StandbyCatchup" | "BothDown" | "WaitingForActive" | "ConfiguringActive" | "OneDown" | "ManualInterventionRequired" | "Reexamine" | "Failed" | "AllReplicasReady" | "SomeReplicasReady" | "NoReplicasReady" | "";
                /**
                 * Format: int64
                 * @description Seconds since 1970.
                 */
                lastHighLevelStateSwitch?: number;
                /** @description Name of the active Pod, None, unknown, or N/A. */
                activePods?: string;
                repCreateStatement?: string;
                /** Format: int32 */
                repPort?: number;
                /**
                 * Format: int64
                 * @description Number of Events written for this object.
                 */
                lastEvent?: number;
                prevStopManaging?: string;
                prevReexamine?: string;
                /**
                 * @description What stopped management until reexamine changes; empty while the object is managed.
                 * @enum {string}
                 */
                managementStopped?: "" | "StopManaging" | "BothDown";
                usingTwosafe?: boolean;
                bothDownRecoveryIneligible?: boolean;
                /** Format: int64 */
                awtBehindMb?: number;
                /** Format: int32 */
                repStartFailCount?: number;
                /** @description The long task of an agent that is under way or was the last. */
                asyncStatus?: {
                    id?: string;
                    type?: string;
                    caller?: string;
                    host?: string;
                    podName?: string;
                    running?: boolean;
                    complete?: boolean;
                    /** Format: int32 */
                    errno?: number;
                    errmsg?: string;
                    /** Format: int64 */
                    started?: number;
                    /** Format: int64 */
                    updated?: number;
                    /** Format: int64 */
                    ended?: number;
                };
                /** @description The steps of building the standby anew. */
                standbyDownStandbyAS?: {
                    id?: string;
                    asyncId?: string;
                    podName?: string;
                    status?: string;
                    destroyDb?: boolean;
                    repDuplicate?: boolean;
                    startRepAgent?: boolean;
                };
                classicUpgradeStatus?: {
                    /**
                     * Format: int64
                     * @description Seconds since 1970.
                     */
                    activeStartTime?: number;
                    activeStatus?: string;
                    imageUpdatePending?: boolean;
                    /** Format: int64 */
                    lastUpgradeStateSwitch?: number;
                    prevResetUpgradeState?: string;
                    prevUpgradeState?: string;
                    /** Format: int64 */
                    standbyStartTime?: number;
                    standbyStatus?: string;
                    /** Format: int64 */
                    upgradeStartTime?: number;
                    upgradeState?: string;
                };
                /** @description What the operator remembers of changes of the image, and how far an upgrade of the pair is. */
                upgrade?: {
                    /** @description spec.ttspec.image that was last taken note of. */
                    image?: string;
                    /**
                     * @description Absent while there is nothing to do.
                     * @enum {string}
                     */
                    phase?: "Waiting" | "Refused" | "Standby" | "Active" | "Failed" | "Recovering" | "Unfinished" | "Manual";
                    /** @description What is going on, for people. */
                    message?: string;
                    /**
                     * Format: int32
                     * @description Number of the present step.
                     */
                    step?: number;
                    /**
                     * Format: int32
                     * @description Number of the last step.
                     */
                    steps?: number;
                    /**
                     * Format: date-time
                     * @description When the present step or phase began.
                     */
                    since?: string;
                    /**
                     * Format: date-time
                     * @description When the upgrade began.
                     */
                    startedAt?: string;
                    /**
                     * Format: date-time
                     * @description When the standby was verified on the new image.
                     */
                    standbyReadyAt?: string;
                    /** @description Release of the active when it began. */
                    fromRelease?: string;
                    /** @description Release of the new image, where it is known. */
                    toRelease?: string;
                    /** @description Pod that is replaced next or was replaced last. */
                    podName?: string;
                    /** @description Its uid before it is replaced. */
                    podUID?: string;
                    /**
                     * @description What it was when that was decided.
                     * @enum {string}
                     */
                    podRole?: "STANDBY" | "ACTIVE";
                    /**
                     * Format: date-time
                     * @description When it was seen to go.
                     */
                    replacedAt?: string;
                    /**
                     * @description Phase in which the upgrade failed.
                     * @enum {string}
                     */
                    failedIn?: "Standby" | "Active";
                    /** @description The image was changed again before an earlier change had come to its end. */
                    restarted?: boolean;
                    /** @description The active runs the wanted image already, only the other Pod goes back to it. */
                    rollingBack?: boolean;
                };
                /** @description The stopwatch of the last upgrade that came to its end. Times are UTC with milliseconds. */
                lastUpgrade?: {
                    /** @description Image that both Pods run since then. */
                    image?: string;
                    /** @enum {string} */
                    outcome?: "Completed" | "RolledBack";
                    fromRelease?: string;
                    toRelease?: string;
                    /**
                     * Format: date-time
                     * @description When it began.
                     */
                    startedAt?: string;
                    /**
                     * Format: date-time
                     * @description When the standby was verified on the new image.
                     */
                    standbyReadyAt?: string;
                    /**
                     * Format: date-time
                     * @description When both were verified.
                     */
                    completedAt?: string;
                    /**
                     * Format: int64
                     * @description From start to end, as the Event says.
                     */
                    seconds?: number;
                    /**
                     * Format: int64
                     * @description How long nobody could write at the change of roles: from the Closed record until the Service led to the new active.
                     */
                    writeGapMs?: number;
                };
                subscriber?: {
                    state?: string;
                    prevState?: string;
                    /** Format: int64 */
                    lastStateSwitch?: number;
                    /** Format: int32 */
                    newReplicas?: number;
                    /** Format: int32 */
                    prevReplicas?: number;
                    surplusing?: boolean;
                };
                /** @description One entry per Pod, by ordinal. */
                podStatus?: {
                    name: string;
                    initialized?: boolean;
                    /** @enum {string} */
                    ttPodType?: "Database" | "Subscriber";
                    /** @enum {string} */
                    intendedState?: "Active" | "Standby" | "Standalone" | "Subscriber" | "Unknown" | "";
                    prevIntendedState?: string;
                    highLevelState?: string;
                    prevHighLevelState?: string;
                    /** @description Seconds since 1970; ? where it is not known. */
                    lastHighLevelStateSwitch?: number | string;
                    prevImage?: string;
                    ready?: boolean;
                    prevReady?: boolean;
                    active?: boolean;
                    prevActive?: boolean;
                    hasBeenSeen?: boolean;
                    quiescing?: boolean;
                    nonRepUpgradeFailed?: boolean;
                    installRelease?: string;
                    imageRelease?: string;
                    adminUserFile?: boolean;
                    schemaFile?: boolean;
                    cgFile?: boolean;
                    cacheUserFile?: boolean;
                    usingTwosafe?: boolean;
                    disableReturn?: boolean;
                    localCommit?: boolean;
                    podStatus?: {
                        podPhase?: string;
                        podIP?: string;
                        /** @enum {string} */
                        agent?: "Up" | "Down" | "Unknown";
                        /**
                         * Format: int64
                         * @description Seconds since 1970; 0 = never.
                         */
                        lastTimeReachable?: number;
                        prevUID?: string;
                    };
                    timesTenStatus?: {
                        release?: string;
                        /** @enum {string} */
                        instance?: "Exists" | "Missing" | "Unknown";
                        /** @enum {string} */
                        daemon?: "Up" | "Down" | "Unknown";
                    };
                    dbStatus?: {
                        /** @enum {string} */
                        db?: "None" | "Loaded" | "Loading" | "Unloading" | "Unloaded" | "Transitioning" | "Unknown";
                        /** @enum {string} */
                        dbUpdatable?: "Yes" | "No" | "Unknown";
                        /**
                         * Format: int64
                         * @description Count of the replicated marks.
                         */
                        dbId?: number;
                        open?: boolean;
                        /** @description A person has closed it and nobody has opened it since. */
                        closedByPerson?: boolean;
                        /** @description The present life of the database in memory. */
                        boot?: string;
                    };
                    replicationStatus?: {
                        /** @enum {string} */
                        repAgent?: "Running" | "Not Running" | "Unknown";
                        /** @enum {string} */
                        repScheme?: "Exists" | "None" | "Unknown";
                        /** @enum {string} */
                        repState?: "IDLE" | "ACTIVE" | "STANDBY" | "RECOVERING" | "FAILED" | "Unknown";
                        /** @enum {string} */
                        repPeerPState?: "start" | "pause" | "stop" | "failed" | "Unknown";
                        repPeerPStateFetchErr?: string;
                        /**
                         * Format: int64
                         * @description Seconds since 1970.
                         */
                        lastTimeRepStateChanged?: number;
                    };
                    cacheStatus?: {
                        /** @enum {string} */
                        cacheAgent?: "Running" | "Not Running" | "Unknown";
                        cacheUidPwdSet?: boolean;
                        /** Format: int32 */
                        nCacheGroups?: number;
                        /** Format: int64 */
                        awtBehindMb?: number;
                    };
                }[];
                conditions?: {
                    type: string;
                    /** @enum {string} */
                    status: "True" | "False" | "Unknown";
                    /** Format: int64 */
                    observedGeneration?: number;
                    /** Format: date-time */
                    lastTransitionTime: string;
                    reason: string;
                    message: string;
                }[];
                /** @description The stopwatch of the last change of the active database. Times are UTC with milliseconds. */
                lastFailover?: {
                    /**
                     * @description failover: the active was lost; handover: its Pod was deleted or evicted; switchover: asked for.
                     * @enum {string}
                     */
                    kind?: "failover" | "handover" | "switchover";
                    /** @description Pod that was active. */
                    from?: string;
                    /** @description Pod that became active. */
                    to?: string;
                    /**
                     * Format: int64
                     * @description n of the record at the last change of writer: this one.
                     */
                    epoch?: number;
                    /**
                     * Format: int64
                     * @description Record number of the promotion.
                     */
                    recordNumber?: number;
                    /**
                     * Format: date-time
                     * @description When the old active stopped.
                     */
                    failedAt?: string;
                    /** @description Who said when it stopped. */
                    failedAtSource?: string;
                    /**
                     * Format: date-time
                     * @description When the operator knew.
                     */
                    seenAt?: string;
                    /**
                     * Format: date-time
                     * @description When it was certain that the old one cannot write.
                     */
                    provenAt?: string;
                    /** @description What made it certain: fenced, over, waited or attested, and by whom. */
                    proof?: string;
                    /**
                     * Format: date-time
                     * @description When the new one was open for writing.
                     */
                    promotedAt?: string;
                    /**
                     * Format: date-time
                     * @description When the active Service pointed to it.
                     */
                    routedAt?: string;
                    /**
                     * Format: date-time
                     * @description When a standby had everything again.
                     */
                    redundantAt?: string;
                    /** @description Commits acknowledged just before may be missing. */
                    possibleLoss?: boolean;
                    /**
                     * Format: int64
                     * @description At most so many bytes of the old active's log had not arrived.
                     */
                    lossBytes?: number;
                    /**
                     * Format: int64
                     * @description At most so many marks of the agents (dbId) had not arrived.
                     */
                    lossCommits?: number;
                    /**
                     * Format: int64
                     * @description Last known mark (dbId) of the old active.
                     */
                    fromPosition?: number;
                    /**
                     * Format: int64
                     * @description Mark (dbId) of the new active when it was promoted.
                     */
                    toPosition?: number;
                };
                /** @description The last switchover asked for by annotation timesten.oracle.com/switchover. */
                switchover?: {
                    /** @description Value of the annotation. */
                    requestId?: string;
                    /**
                     * @description What has become of it.
                     * @enum {string}
                     */
                    phase?: "Running" | "Done" | "Refused";
                    /** @description The answer, for people. */
                    message?: string;
                    /** @description Pod that was active. */
                    from?: string;
                    /** @description Pod that shall be active. */
                    to?: string;
                    /**
                     * Format: date-time
                     * @description When the phase began.
                     */
                    at?: string;
                };
                /** @description The last decisions of the operator and why, newest last. */
                decisions?: {
                    /** Format: date-time */
                    at: string;
                    reason: string;
                    message: string;
                }[];
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
